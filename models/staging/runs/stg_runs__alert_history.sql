-- One row per alert and as-of date whose run raised it or changed its status.
select * from {{ source('runs', 'alert_history') }}
