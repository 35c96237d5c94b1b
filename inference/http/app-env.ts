import type { Context } from "hono";

/** What middleware leaves on a request for the handlers. */
export interface AppEnv {
  Variables: {
    requestId: string;
    /** Milliseconds, monotonic: when the request arrived. */
    arrivedAt: number;
    /** Name of the engine asked, once it is known; for the access log. */
    engine: string | undefined;
  };
}

export type AppContext = Context<AppEnv>;
