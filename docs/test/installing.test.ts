import { assert, it } from "vitest"
import { installedBy } from "../installing.ts"
import { pages, snippets } from "../snippets.ts"

/** The package of a module: `@effect/platform/HttpClient` is one of `@effect/platform`. */
const packageOf = (module: string): string => module.split("/", module.startsWith("@") ? 2 : 1).join("/")

const importedBy = (code: string): ReadonlyArray<string> =>
  Array.from(code.matchAll(/^(?:import|export) (?:[^"]*? from )?"([^".][^"]*)"/gm), ([, module = ""]) =>
    packageOf(module)
  ).filter((name) => !name.startsWith("node:"))

it.each(pages.filter((page) => installedBy(page).length > 0))(
  "the install lines of %s name what its programs import",
  (page) => {
    const installed = new Set(installedBy(page).flat())
    const missing = snippets
      .filter(({ origin }) => origin.startsWith(`${page}:`))
      .flatMap(({ code, origin }) =>
        importedBy(code)
          .filter((name) => !installed.has(name))
          .map((name) => `${origin}: ${name}`)
      )
    assert.deepStrictEqual(missing, [])
  }
)
