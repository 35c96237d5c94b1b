/** Refusals of Google's OpenAI-compatible endpoint in the form it sends them: an array, a number for a code. */
const refusal = (code: number, status: string, message: string, ...details: object[]): string =>
  `${JSON.stringify([{ error: { code, message, status, ...(details.length > 0 && { details }) } }], null, 2)}\n`;

export const GOOGLE = {
  wrongKey: refusal(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: "API_KEY_INVALID",
    domain: "googleapis.com",
    metadata: { service: "generativelanguage.googleapis.com" },
  }),
  noKey: refusal(400, "INVALID_ARGUMENT", "Missing Authorization header."),
  noModel: refusal(404, "NOT_FOUND", "models/up/m is not found for API version v1main."),
  unknownField: refusal(400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "store".', {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations: [{ description: 'Invalid JSON payload received. Unknown name "store".' }],
  }),
} as const;
