{{ config(tags=['staging']) }}

-- Of several type tags the first in the table's order counts, so no two types may share a place in it.
select sort_order
from {{ ref('incident_types') }}
group by sort_order
having count(distinct incident_type) > 1 or sort_order is null
union all
select min(sort_order) as sort_order
from {{ ref('incident_types') }}
group by incident_type
having count(distinct sort_order) > 1
