/**
 * Mistakes that are planted in the library, to see that the simulation finds
 * them: a line of the source is replaced, and the library is built anew from
 * that. Nothing in the library knows of it.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build, type Plugin } from "esbuild"
import type { Subject } from "./trace.ts"

const here = dirname(fileURLToPath(import.meta.url))
const packages = join(here, "../../..")

export interface Mistake {
  /** What the library does then. */
  readonly name: string
  /** From `packages`. */
  readonly file: string
  /** What stands there, once. */
  readonly find: string
  readonly replace: string
}

const planting = ({ file, find, name, replace }: Mistake): Plugin => ({
  name: "plant",
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (path !== join(packages, file)) return undefined
      const text = await readFile(path, "utf8")
      const places = text.split(find).length - 1
      if (places !== 1) throw new Error(`"${name}" cannot be planted: ${file} has "${find}" ${places} times`)
      return { contents: text.replace(find, () => replace), loader: "ts" }
    })
  }
})

/** Only Effect and its platform are shared with those who use it. */
const isShared = /^(effect|@effect\/platform)(\/|$)/

const sharing: Plugin = {
  name: "share",
  setup: (build) => {
    build.onResolve({ filter: isShared }, ({ path }) => ({ path, external: true }))
  }
}

const isSubject = (value: object): value is Subject => "Access" in value && "CheckpointPermissions" in value

/** The library with a mistake in it. */
export const plant = async (mistake: Mistake): Promise<Subject> => {
  const folder = await mkdtemp(join(here, "../../node_modules/.planted-"))
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
    const file = join(folder, "subject.mjs")
    await writeFile(file, outputFiles[0]?.text ?? "")
    const subject: object = await import(/* @vite-ignore */ pathToFileURL(file).href)
    if (!isSubject(subject)) throw new Error("the library exports something else")
    return subject
  } finally {
    await rm(folder, { recursive: true })
  }
}
