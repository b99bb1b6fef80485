/** The licences of the packages whose code is in a bundle. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** Returns the folder of the package that a file is of. */
const packageOf = (file: string): string => {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json")
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name !== undefined) return folder
  }
  throw new Error(`${file} is in no package`)
}

/**
 * Returns the text of all licences. Fails if a package names none. `inputs` are those of the metafile of a bundle, relative to
 * `here`.
 */
export const licensesOf = (here: string, inputs: ReadonlyArray<string>): string => {
  const packages = new Map(
    inputs
      .filter((file) => !file.includes(":"))
      .map((file) => {
        const folder = packageOf(join(here, file))
        return [JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name, folder]
      })
  )
  const licences = [...packages]
    .filter(([name]) => !name.startsWith("@checkpoint-permissions/"))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, folder]) => {
      const { license, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      if (license === undefined && file === undefined) throw new Error(`${name} names no licence`)
      const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`
      return `${name} ${version}: ${license}\n${text}`
    })
  return `The program holds code of these packages besides its own.\n\n${licences.join(`\n${"-".repeat(78)}\n\n`)}`
}
