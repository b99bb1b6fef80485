/** The JSON Schemas of the packages as files of the site: `node --import tsx site/generate/schemas.ts`. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { schemas } from "../../packages/cli/schemas.ts"

/** The address of a schema on the site. Returned paths are relative to its root. */
export const schemaAddress = (path: string): string => `schemas/${basename(path)}`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // VitePress copies this folder as it is.
  const target = join(dirname(fileURLToPath(import.meta.url)), "../public")
  rmSync(join(target, "schemas"), { recursive: true, force: true })
  mkdirSync(join(target, "schemas"))
  for (const [path, schema] of Object.entries(schemas)) {
    writeFileSync(join(target, schemaAddress(path)), `${JSON.stringify(schema, null, 2)}\n`)
  }
}
