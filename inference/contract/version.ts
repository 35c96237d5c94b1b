/** Version of the edge–inference contract. Bumped only for a change that is not additive. */
export const CONTRACT_VERSION = 1;
