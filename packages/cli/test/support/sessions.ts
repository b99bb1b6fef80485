import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import { Emulator } from "@checkpoint-permissions/testing"
import { Effect } from "effect"
import { bundle } from "./binary.ts"
import { folder } from "./folder.ts"
import { cli } from "./inProcess.ts"

const docs = fileURLToPath(new URL("../../../../docs", import.meta.url))

/** A command of a page, and what the page says it prints. */
export interface Shown {
  readonly command: string
  readonly output: string
}

const blocks = (page: string, language: string): ReadonlyArray<string> =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm")), ([, code = ""]) => code)

/** The files of a page: the blocks whose fence has a name. */
const named = (page: string): ReadonlyArray<readonly [name: string, text: string]> =>
  Array.from(page.matchAll(/^```\w+ (\w+\.\w+)\n([\s\S]*?)^```$/gm), ([, name = "", text = ""]) => [name, text])

const texts = readdirSync(docs)
  .filter((name) => name.endsWith(".md"))
  .map((name) => [name, readFileSync(join(docs, name), "utf8")] as const)

/** The guides with a session to run. */
export const pages: ReadonlyArray<string> = texts
  .filter(([, text]) => blocks(text, "console").length > 0)
  .map(([name]) => name)

/** The sessions that are not run, with the words after `console` on their fence: the reason. */
export const notRun: ReadonlyArray<string> = texts.flatMap(([name, text]) =>
  Array.from(text.matchAll(/^```console (.*)$/gm), ([, reason]) => `${name}: ${reason}`)
)

/** The text of a page, and its sessions. */
export const read = (name: string): { readonly page: string; readonly shown: ReadonlyArray<Shown> } => {
  const page = readFileSync(join(docs, name), "utf8")
  const shown = blocks(page, "console").flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf("\n")
        return { command: part.slice(0, end), output: part.slice(end + 1) }
      })
  )
  return { page, shown }
}

/** Replaces the parts that differ in each run. */
export const normal = (text: string): string =>
  text
    .replaceAll("\r", "")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>")
    .replace(/(Estimated: [^)]*\)), [^.\n]*\./g, "$1, <duration>.")
    .replace(/(?<![\w-])\d{4}-\d\d-\d\d\b/g, "<date>")
    .replace(/<date> \d\d:\d\d UTC/g, "<time> UTC")
    .replace(/\((read )?\d\d:\d\d(–\d\d:\d\d)? UTC\)/g, "($1<time> UTC)")
    .replace(/"created_at":\d+/g, '"created_at":<time>')
    .replace(/[0-9a-f]{64}/g, "<sha256>")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:4010")

const shell = (command: string, cwd: string, env: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve) => {
    // Both streams in the order in which they came, as at a terminal.
    execFile("bash", ["-c", `{ ${command}\n} 2>&1`], { cwd, env }, (_error, stdout) => resolve(stdout))
  })

/** A command line without any syntax of the shell. */
const plain = /^checkpoint-permissions ([\w\s.:-]+)$/

/**
 * Runs the commands one after the other, on an emulator with the seed of the page, and returns what each prints: a plain
 * command line in this process, any other in a shell.
 */
export const rerun = (page: string, shown: ReadonlyArray<Shown>): Effect.Effect<ReadonlyArray<string>> => {
  const options = FakeEmulator.parseSeed(JSON.parse(/<<'END'\n([\s\S]*?)^END$/m.exec(page)?.[1] ?? "{}"))
  return Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const [home, programs] = [yield* folder, yield* folder]
    programs.write("checkpoint-permissions", `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`)
    programs.chmod("checkpoint-permissions", 0o755)
    // as npm installs it, for npx
    home.folder("node_modules")
    home.folder("node_modules/.bin")
    home.write("node_modules/.bin/checkpoint-permissions", programs.read("checkpoint-permissions"))
    home.chmod("node_modules/.bin/checkpoint-permissions", 0o755)
    home.write("package.json", "{}")
    for (const [name, text] of named(page)) home.write(name, text)
    const [policy] = blocks(page, "yaml")
    if (policy !== undefined) home.write("policy.yaml", policy)
    const { NODE_OPTIONS = "", PATH = "" } = process.env
    const env = {
      NODE_OPTIONS,
      PATH: `${programs.path}${delimiter}${PATH}`,
      HOME: home.path,
      USER: "you",
      OPENAI_BASE_URL: baseUrl,
      OPENAI_ADMIN_KEY: "sk-admin-any"
    }
    const port = new URL(baseUrl).port
    return yield* Effect.forEach(shown, ({ command }) => {
      const [, args] = plain.exec(command) ?? []
      return args === undefined
        ? Effect.promise(() => shell(command.replaceAll(":4010/", `:${port}/`), home.path, env))
        : Effect.map(cli(args.split(" "), { env, cwd: home.path }), ({ stderr, stdout }) => stderr + stdout)
    })
  }).pipe(Effect.provide(Emulator.layer(options)), Effect.scoped, Effect.orDie)
}
