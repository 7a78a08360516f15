import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      // The compiler's noPropertyAccessFromIndexSignature asks for brackets on members read from JSON.
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/explicit-function-return-type": ["error", { allowExpressions: true }],
      "max-lines": ["error", 500],
      "max-lines-per-function": ["error", { max: 40, skipComments: true, skipBlankLines: true }],
      "max-len": ["error", { code: 140, ignoreStrings: true, ignoreTemplateLiterals: true }],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness comes from crypto.getRandomValues only." },
        { property: "innerHTML", message: "Text is never parsed as HTML." },
        { property: "outerHTML", message: "Text is never parsed as HTML." },
        { property: "insertAdjacentHTML", message: "Text is never parsed as HTML." },
      ],
      "no-restricted-globals": ["error", "localStorage", "sessionStorage", "indexedDB"],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["tests/**/*.ts"],
    // A `describe` holds its cases.
    rules: { "max-lines-per-function": "off" },
  },
  {
    files: ["**/*.mjs", "**/*.js"],
    languageOptions: { globals: { process: "readonly", Buffer: "readonly", console: "readonly" } },
  },
);
