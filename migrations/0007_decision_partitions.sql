SET LOCAL ROLE signalbox_owner;

-- Makes the partitions of p_days days from p_first on, and returns how many were new. Rows of such a day that came
-- before its partition move there from the DEFAULT one. Partitions get no grants: access goes through the parent.
CREATE FUNCTION signalbox.ensure_decision_partitions(p_first date, p_days integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_day date;
  v_name text;
  v_made integer := 0;
BEGIN
  IF p_days NOT BETWEEN 1 AND 366 THEN
    RAISE EXCEPTION 'p_days must be 1 to 366' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('signalbox.ensure_decision_partitions', 0));
  FOR v_day IN SELECT p_first + n FROM generate_series(0, p_days - 1) AS n LOOP
    v_name := 'decisions_' || to_char(v_day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('signalbox.' || v_name) IS NOT NULL;
    EXECUTE format('CREATE TABLE signalbox.%I (LIKE signalbox.decisions INCLUDING ALL)', v_name);
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_name);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_name);
    EXECUTE format('CREATE POLICY functions_partition ON signalbox.%I TO signalbox_owner USING (true) WITH CHECK (true)',
      v_name);
    EXECUTE format($move$
      WITH moved AS (DELETE FROM signalbox.decisions_default WHERE day = %L RETURNING *)
      INSERT INTO signalbox.%I SELECT * FROM moved
    $move$, v_day, v_name);
    EXECUTE format('ALTER TABLE signalbox.decisions ATTACH PARTITION signalbox.%I FOR VALUES FROM (%L) TO (%L)',
      v_name, v_day, v_day + 1);
    v_made := v_made + 1;
  END LOOP;
  RETURN v_made;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.ensure_decision_partitions(date, integer) TO signalbox_jobs;
