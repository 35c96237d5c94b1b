/** Names of the HTTP headers that edge and inference exchange beside the standard ones. */
export const REQUEST_ID_HEADER = "x-request-id";
