import * as Effect from "effect/Effect"
import { body } from "./htmlBody.ts"
import { dataOf } from "./htmlData.ts"
import { sha256Base64 } from "./htmlHash.ts"
import { list } from "./htmlScriptList.ts"
import { matrix as matrixScript } from "./htmlScriptMatrix.ts"
import { model } from "./htmlScriptModel.ts"
import { page } from "./htmlScriptPage.ts"
import { view } from "./htmlScriptView.ts"
import { style } from "./htmlStyle.ts"
import type { AccessMatrix } from "./matrixModel.ts"

/** The script of every page, whatever is in it. */
export const script = `{\n${[model, view, matrixScript, list, page].join("\n")}\n}\n`

/**
 * What the browser may do with the page: run this script, use this style, and
 * nothing else. It loads nothing, sends nothing, and makes no markup of text.
 */
const policy = Effect.gen(function* () {
  const [scriptHash, styleHash] = yield* Effect.all([sha256Base64(script), sha256Base64(style)])
  return [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    `style-src 'sha256-${styleHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ].join("; ")
})

/** The page. What is in it of strangers is escaped text, or JSON that the script puts in as text. */
export const render = (matrix: AccessMatrix, title: string): Effect.Effect<string> =>
  Effect.map(
    policy,
    (policy) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
${body(matrix, title, style)}
<script type="application/json" id="data">${dataOf(matrix)}</script>
<script>${script}</script>
</body>
</html>
`
  )
