import js from "@eslint/js";
import tseslint from "typescript-eslint";

const outsideWorld = [
  { name: "fetch", message: "The network is injected: use deps.fetch, so that tests decide who answers." },
  { name: "console", message: "Logging is injected: use deps.log, which never holds prompts or secrets." },
];

const ambientState = [
  { object: "Date", property: "now", message: "Time is injected: use deps.now, so that tests hold the clock." },
  { object: "Math", property: "random", message: "Randomness is injected: use deps.random." },
  { object: "crypto", property: "randomUUID", message: "Ids are injected: use deps.newId." },
  { object: "crypto", property: "getRandomValues", message: "Randomness is injected: use deps.random." },
];

export default tseslint.config(
  { ignores: ["node_modules/**", ".signalbox/**", ".wrangler/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.contract.json", "./tsconfig.edge.json", "./tsconfig.node.json"],
        tsconfigRootDir: new URL("../..", import.meta.url).pathname,
      },
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Field names of this project's wire formats are snake_case, and index signatures must be read with brackets.
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
      eqeqeq: "error",
      "no-console": "off",
    },
  },
  {
    files: ["edge/**/*.ts", "inference/**/*.ts"],
    ignores: ["**/deps.ts", "**/log.ts", "**/*.test.ts", "inference/evaluation/**", "inference/training/**"],
    rules: {
      "no-restricted-globals": ["error", ...outsideWorld],
      "no-restricted-properties": ["error", ...ambientState],
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: "Time is injected: use new Date(deps.now()).",
        },
      ],
    },
  },
  {
    files: ["**/*.test.ts", "test/**/*.ts"],
    rules: {
      // Tests read JSON answers of unknown shape and compare them as a whole.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-lines": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.cjs", "**/*.mjs"],
    languageOptions: { globals: { URL: "readonly", console: "readonly", process: "readonly", module: "writable" } },
  },
);
