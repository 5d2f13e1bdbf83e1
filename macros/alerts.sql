{% macro declared_alert_columns() -%}
    {#-
      What an alert keeps for ever once it is raised, with types: the columns that the yml of fct_alert declares,
      but for those that change afterwards. Nobody else lists them.
    -#}
    {%- set kept = [] -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.tolerance.fct_alert'].columns.values()
            if not column.config.meta.get('changes_after_raising') -%}
            {%- do kept.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(kept) }}
{%- endmacro %}

{% macro alert_columns() -%}
    {#- Their names, for a select. -#}
    {{ declared_alert_columns() | map(attribute='name') | join(',\n        ') }}
{%- endmacro %}

{% macro declared_history_columns() -%}
    {#- The columns of the files in history/alerts: those, and what alert_history declares beside them. -#}
    {%- set columns = declared_alert_columns() -%}
    {%- if execute -%}
        {%- set names = columns | map(attribute='name') | list -%}
        {%- for column in graph.nodes['model.tolerance.alert_history'].columns.values()
            if column.name not in names -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}


{% macro with_all_columns(relation, columns) -%}
    {#-
      A subquery of the relation's rows with all these columns, in these types. Those that it lacks are null, and
      it may have others. `columns` are as a yml declares them: name and data_type.
    -#}
    {{ return(adapter.dispatch('with_all_columns')(relation, columns)) }}
{%- endmacro %}

{% macro default__with_all_columns(relation, columns) -%}
    select
        {%- for column in columns %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in columns %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
        union all by name
        select * from {{ relation }}
    ) as of_all_columns
{%- endmacro %}


{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}


{% macro points_in_words(column) -%}
    cast(cast({{ column }} as decimal(18, 2)) as varchar)
{%- endmacro %}


{% macro alert_reason(language) -%}
    {#- Made from numbers and types only: never a customer's own words. -#}
    {%- if language == 'fr' -%}
    label_fr || ' le ' || cast(occurred_on as varchar)
    || case
        when turns_negative then ' : le solde tombe sous zéro, rupture'
        when was_already_negative then ' : le solde était déjà négatif'
        else ' : incident grave retenu'
    end
    || ' (solde ' || {{ points_in_words('balance_before_points') }} || ' avant, '
    || {{ points_in_words('balance_after_points') }} || ' après, pénalité '
    || {{ points_in_words('penalty_points') }} || ').'
    || case when is_first_cumulative then ' Premier incident grave.' else ' Un incident grave précède.' end
    || case
        when tenure_months >= {{ var('long_tenure_months') }}
            then ' Client depuis ' || cast(tenure_months as varchar) || ' mois.'
        else ''
    end
    {%- else -%}
    label_en || ' on ' || cast(occurred_on as varchar)
    || case
        when turns_negative then ': the balance falls below zero, rupture'
        when was_already_negative then ': the balance was negative already'
        else ': a grave incident, remembered'
    end
    || ' (balance ' || {{ points_in_words('balance_before_points') }} || ' before, '
    || {{ points_in_words('balance_after_points') }} || ' after, penalty '
    || {{ points_in_words('penalty_points') }} || ').'
    || case when is_first_cumulative then ' First grave incident.' else ' Not the first grave incident.' end
    || case
        when tenure_months >= {{ var('long_tenure_months') }}
            then ' Customer for ' || cast(tenure_months as varchar) || ' months.'
        else ''
    end
    {%- endif -%}
{%- endmacro %}
