{% macro list_contains_word(words, word) -%}
    {#- A whole word of a list separated by ",". Not LIKE: "_" stands in every type and would match anything. -#}
    {{ return(adapter.dispatch('list_contains_word')(words, word)) }}
{%- endmacro %}

{% macro default__list_contains_word(words, word) -%}
    strpos(',' || {{ words }} || ',', ',' || {{ word }} || ',') > 0
{%- endmacro %}

{% macro spark__list_contains_word(words, word) -%}
    locate(',' || {{ word }} || ',', ',' || {{ words }} || ',') > 0
{%- endmacro %}
