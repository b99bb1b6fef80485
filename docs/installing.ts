/** Install commands of the pages. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./snippets.ts"

/** A package without its version: `effect` of `effect@3`. */
const nameOf = (asked: string): string => asked.replace(/(?<=.)@.*$/, "")

/** The packages that each `npm install` of a page's blocks names; none if none of them is ours. */
export const installedBy = (page: string): ReadonlyArray<ReadonlyArray<string>> => {
  const all = Array.from(
    readFileSync(join(root, page), "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm),
    ([, block = ""]) =>
      Array.from(block.matchAll(/^npm install (.*)$/gm), ([, words = ""]) =>
        words
          .split(" ")
          .filter((word) => /^[@a-z]/.test(word))
          .map(nameOf)
      )
  ).flat()
  return all.flat().some((name) => name.startsWith("@checkpoint-permissions/")) ? all : []
}
