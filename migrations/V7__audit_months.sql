-- Makes the partition of a month, if there is none. It waits for nobody long: whoever waits
-- behind it could not sign in. Events that came before it stay where they are, in the rest,
-- which expires by row; a partition beside them is refused by PostgreSQL.
CREATE OR REPLACE FUNCTION hub.ensure_audit_month(month date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '2s' AS $$
DECLARE
    first       date := date_trunc('month', month);
    name        text := 'audit_events_' || to_char(first, 'YYYY_MM');
    month_start timestamptz := first::timestamp AT TIME ZONE 'UTC';
    month_end   timestamptz := (first + interval '1 month')::timestamp AT TIME ZONE 'UTC';
BEGIN
    -- Replicas that start together do not make it twice.
    PERFORM pg_advisory_xact_lock(hashtext('hub.audit_months'));
    IF to_regclass('hub.' || name) IS NULL AND NOT EXISTS (
        SELECT FROM hub.audit_events_rest AS r WHERE r.at >= month_start AND r.at < month_end)
    THEN
        EXECUTE format(
            'CREATE TABLE hub.%I PARTITION OF hub.audit_events FOR VALUES FROM (%L) TO (%L)',
            name, month_start, month_end);
    END IF;
END $$;
