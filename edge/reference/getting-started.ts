import { html, type Html } from "./html.ts";

/** From an operator's key to a routed request, as commands to paste. */
export const gettingStarted = (baseUrl: string): Html =>
  html`<section id="getting-started">
    <h2>Getting started</h2>
    <p>
      Keys go into <code>Authorization: Bearer …</code>. With a tenant's key of scope <code>inference</code>, any OpenAI
      client works: set its base URL to <code>${baseUrl}/v1</code> and ask for the model <code>auto</code>.
    </p>
    <pre><code>${ask(baseUrl)}</code></pre>
    <p>The answer's <code>x-signalbox-*</code> headers are its receipt: the policy found, the model that served.</p>
    <p>Setting up a tenant takes the operator's key once, then the tenant's own:</p>
    <pre><code>${setUp(baseUrl)}</code></pre>
    <p>
      Below, <code>URL=${baseUrl}</code>, and <code>$KEY_ID</code> and its like are the <code>id</code> of the answer
      that made the object, <code>$DECISION_ID</code> the header <code>x-signalbox-decision</code>. The commands are
      about the same few objects.
    </p>
    <p>
      Errors under <code>/api/v1</code> are <code>application/problem+json</code> (RFC 9457): a stable
      <code>code</code>, and <code>errors</code> with a JSON pointer for each field at fault. Under
      <code>/v1</code> they have OpenAI's shape. Lists answer <code>{"data": […], "next_cursor": …}</code>; pass
      <code>?cursor=</code> to go on. Writes take an <code>Idempotency-Key</code>, so that a retry never does a thing
      twice.
    </p>
  </section>`;

const ask = (baseUrl: string): string => `curl -i ${baseUrl}/v1/chat/completions \\
  -H "authorization: Bearer $TENANT_KEY" -H "content-type: application/json" \\
  -d '{"model": "auto", "messages": [{"role": "user", "content": "Review this contract"}]}'`;

const setUp = (baseUrl: string): string => `api() { # api KEY METHOD PATH [BODY]
  curl -s -X "$2" ${baseUrl}/api/v1/"$3" -H "authorization: Bearer $1" -H "if-match: *" \\
    -H "content-type: application/json" \${4:+-d "$4"}; echo
}
api "$OPERATOR_KEY" POST tenants '{"name": "Acme"}'          # answers the admin key's token, once
api "$ADMIN_KEY" POST providers '{"slug": "echo", "kind": "echo"}'
api "$ADMIN_KEY" POST models '{"slug": "small", "provider": "echo", "upstream_model": "small"}'
api "$ADMIN_KEY" POST routers '{"slug": "default"}'
api "$ADMIN_KEY" PUT routers/default/draft '{
  "policies": [{"name": "contract review", "description": "Find risky clauses in a contract"}],
  "targets": {"contract review": {"model": "small"}}, "fallback": {"model": "small"}}'
api "$ADMIN_KEY" POST routers/default/publish '{}'
api "$ADMIN_KEY" POST keys '{"name": "backend", "scopes": ["inference"]}'`;
