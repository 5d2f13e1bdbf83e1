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
    || case reclassification_reason
        when 'deadline_passed' then ' Non résolu dans le délai.'
        when 'resolved_late' then ' Résolu après le délai.'
        when 'reopened' then ' Rouvert plusieurs fois.'
        when 'bad_rating' then ' Résolution mal notée.'
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
    || case reclassification_reason
        when 'deadline_passed' then ' Not resolved by its deadline.'
        when 'resolved_late' then ' Resolved after its deadline.'
        when 'reopened' then ' Reopened more than once.'
        when 'bad_rating' then ' Its resolution was rated as bad.'
        else ''
    end
    {%- endif -%}
{%- endmacro %}
