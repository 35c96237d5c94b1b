SET LOCAL ROLE signalbox_owner;

-- Management requests leave no receipt, and who wants to revoke what nobody uses must see them too. Whoever may append
-- receipts can already say of a key that it was used.
GRANT EXECUTE ON FUNCTION signalbox.touch_keys(jsonb) TO signalbox_edge;
