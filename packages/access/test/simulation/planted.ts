/**
 * Mistakes that are planted in the library, to see that the simulation finds
 * them: a line of the source is replaced, and the library is built anew from
 * that. Nothing in the library knows of it.
 */
import { randomUUID } from "node:crypto"
import { readFile, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build, type Plugin } from "esbuild"
import type { Mistake } from "./mistakes.ts"
import type { Subject } from "./trace.ts"

const here = dirname(fileURLToPath(import.meta.url))
const packages = join(here, "../../..")

/** The text of a file with a mistake in it. */
export const mistaken = async ({ changes, file, name }: Mistake): Promise<string> => {
  let text = await readFile(join(packages, file), "utf8")
  for (const [find, replace] of changes) {
    const places = text.split(find).length - 1
    if (places !== 1) throw new Error(`"${name}" cannot be planted: ${file} has "${find}" ${places} times`)
    text = text.replace(find, () => replace)
  }
  return text
}

const planting = (mistake: Mistake): Plugin => ({
  name: "plant",
  setup: (build) => {
    // No other file is handed over: that takes most of the time.
    build.onLoad({ filter: new RegExp(`/${basename(mistake.file)}$`) }, async ({ path }) =>
      path === join(packages, mistake.file) ? { contents: await mistaken(mistake), loader: "ts" } : undefined
    )
  }
})

/** Only our own packages are built anew. */
const isShared = /^(effect|@effect\/platform|@noble\/hashes|string-width|yaml)(\/|$)/

const sharing: Plugin = {
  name: "share",
  setup: (build) => {
    build.onResolve({ filter: isShared }, ({ path }) => ({ path, external: true }))
  }
}

const isSubject = (value: object): value is Subject => "Access" in value && "CheckpointPermissions" in value

/** The library with a mistake in it. */
export const plant = async (mistake: Mistake): Promise<Subject> => {
  const file = join(here, `../../node_modules/.planted-${randomUUID()}.mjs`)
  try {
    const { outputFiles } = await build({
      entryPoints: [join(here, "subject.ts")],
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      write: false,
      plugins: [planting(mistake), sharing],
      logLevel: "silent"
    })
    await writeFile(file, outputFiles[0]?.text ?? "")
    const subject: object = await import(/* @vite-ignore */ pathToFileURL(file).href)
    if (!isSubject(subject)) throw new Error("the library exports something else")
    return subject
  } finally {
    await rm(file, { force: true })
  }
}
