import { fileURLToPath } from "node:url"

/** The API reference as Markdown: made by `npm run docs:reference`, ignored by git. */
export const referenceFolder = fileURLToPath(new URL("../reference", import.meta.url))

/** From each public name to its address on the site; made with the reference. */
export const symbolsFile = fileURLToPath(new URL("../reference/symbols.json", import.meta.url))
