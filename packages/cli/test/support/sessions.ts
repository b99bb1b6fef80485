import { execFile } from "node:child_process"
import { readdirSync, readFileSync, symlinkSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import { Emulator } from "@checkpoint-permissions/testing"
import { Effect } from "effect"
import { bundle } from "./binary.ts"
import { folder } from "./folder.ts"
import { cli } from "./inProcess.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

/** A command of a page with what the page says it prints, or a whole block of `sh`, which has no output on the page. */
export interface Shown {
  readonly command: string
  readonly output: string | undefined
}

/** The blocks of a language without a reason on their fence. */
const blocks = (page: string, language: string): ReadonlyArray<string> =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm")), ([, code = ""]) => code)

/** The files of a page: the blocks whose fence has a name. */
const named = (page: string): ReadonlyArray<readonly [name: string, text: string]> =>
  Array.from(page.matchAll(/^```\w+ (\w+\.\w+)\n([\s\S]*?)^```$/gm), ([, name = "", text = ""]) => [name, text])

const textOf = (page: string): string => readFileSync(join(root, page), "utf8")

/** Returns true for commands that install packages: `npm run smoke` installs these from tarballs. */
const isInstall = (block: string): boolean => block.split("\n").every((line) => /^(npm install .*)?$/.test(line))

const shownIn = (text: string): ReadonlyArray<Shown> =>
  Array.from(text.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm)).flatMap(
    ([, language, block = ""]): ReadonlyArray<Shown> => {
      if (language === "sh") return isInstall(block) ? [] : [{ command: block.trimEnd(), output: undefined }]
      return block
        .split(/^\$ /m)
        .slice(1)
        .map((part) => {
          const end = part.indexOf("\n")
          return { command: part.slice(0, end), output: part.slice(end + 1) }
        })
    }
  )

/** The page of the project, whose `sh` blocks `npm run smoke` runs, and the guides. */
const all = [
  "README.md",
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : []))
]

/** The text of a page, and its blocks to run. */
export const read = (name: string): { readonly page: string; readonly shown: ReadonlyArray<Shown> } => {
  const page = textOf(name)
  const shown = shownIn(page)
  return { page, shown: name === "README.md" ? shown.filter(({ output }) => output !== undefined) : shown }
}

/** The pages with something to run. */
export const pages: ReadonlyArray<string> = all.filter((name) => read(name).shown.length > 0)

/** The blocks that are not run, with the words on their fence: the reason. */
export const notRun: ReadonlyArray<string> = all.flatMap((name) =>
  Array.from(textOf(name).matchAll(/^```(?:sh|console) (.*)$/gm), ([, reason]) => `${name}: ${reason}`)
)

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

/** The text of both streams in the order in which they came, as at a terminal, and the exit code. */
interface Printed {
  readonly text: string
  readonly code: number
}

const shell = (command: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Printed> =>
  new Promise((resolve) => {
    const child = execFile("bash", ["-c", `{ ${command}\n} 2>&1`], { cwd, env, timeout: 290_000 }, (_error, text) =>
      resolve({ text, code: child.exitCode ?? 1 })
    )
  })

/** Ends at the first command that fails, unless the block looks at `$?`. Later blocks have its functions and variables. */
const script = (block: string): string =>
  `${block.includes("$?") ? "" : "set -e\n"}if [ -f ~/.state ]; then . ~/.state; fi\n${block}\ndeclare -f > ~/.state; export -p >> ~/.state`

/** A command line without any syntax of the shell. */
const plain = /^checkpoint-permissions ([\w\s.:-]+)$/

const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

const granted = { project_id: "proj_fraud", created_at: 1_790_000_000 }

/** The organization of a page without one. */
const organization = {
  [weather]: [{ id: "cp_fraud", ...granted }, "proj_search"],
  organization: {
    projects: ["proj_ads", "proj_fraud", "proj_own", "proj_search"],
    events: [
      {
        type: "checkpoint.permission.created",
        effective_at: granted.created_at,
        permission_id: "cp_fraud",
        project_id: granted.project_id,
        fine_tuned_model_checkpoint: weather
      }
    ]
  }
}

/** The policy of a page without one. */
const standardPolicy = `version: 1
checkpoints:
  "${weather}":
    owner: proj_own
    projects: [proj_fraud, proj_search]
`

/**
 * Runs the blocks of a page one after the other, on an emulator with the seed of the page: a plain command line in this
 * process, any other in a shell. The folder has what the page takes for given: files, and this command as npm installs it.
 */
export const rerun = (page: string, shown: ReadonlyArray<Shown>): Effect.Effect<ReadonlyArray<Printed>> => {
  const seed = /<<'END'\n([\s\S]*?)^END$/m.exec(page)?.[1]
  const options = FakeEmulator.parseSeed(seed === undefined ? organization : JSON.parse(seed))
  return Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const [home, programs] = [yield* folder, yield* folder]
    programs.write("checkpoint-permissions", `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`)
    programs.chmod("checkpoint-permissions", 0o755)
    for (const name of ["access", "docs", "node_modules"]) {
      home.folder(name)
    }
    home.folder("node_modules/.bin")
    home.folder("node_modules/@checkpoint-permissions")
    home.folder("node_modules/@checkpoint-permissions/cli")
    const program = programs.read("checkpoint-permissions")
    for (const name of [".bin/checkpoint-permissions", "@checkpoint-permissions/cli/bin"]) {
      home.write(`node_modules/${name}`, program)
      home.chmod(`node_modules/${name}`, 0o755)
    }
    const manifest = { name: "@checkpoint-permissions/cli", version: "0.0.0", bin: { "checkpoint-permissions": "bin" } }
    home.write("node_modules/@checkpoint-permissions/cli/package.json", JSON.stringify(manifest))
    home.write("package.json", JSON.stringify({ scripts: { cli: "checkpoint-permissions" } }))
    home.write("keys", readFileSync(join(root, "docs/seeds/keys"), "utf8"))
    home.chmod("keys", 0o600)
    symlinkSync(join(root, "docs/seeds"), home.at("docs/seeds"))
    const [policy = standardPolicy] = blocks(page, "yaml")
    for (const name of ["policy.yaml", "access/policy.yaml"]) home.write(name, policy)
    for (const [name, text] of named(page)) home.write(name, text)
    const { NODE_OPTIONS = "", PATH = "" } = process.env
    const env = {
      NODE_OPTIONS,
      PATH: `${programs.path}${delimiter}${PATH}`,
      HOME: home.path,
      USER: "you",
      OPENAI_BASE_URL: baseUrl,
      OPENAI_ADMIN_KEY: "sk-admin-any",
      npm_config_update_notifier: "false"
    }
    const port = new URL(baseUrl).port
    return yield* Effect.forEach(shown, ({ command, output }) => {
      const [, args] = plain.exec(command) ?? []
      const local = command.replaceAll(":4010/", `:${port}/`)
      return args === undefined || output === undefined
        ? Effect.promise(() => shell(output === undefined ? script(local) : local, home.path, env))
        : Effect.map(cli(args.split(" "), { env, cwd: home.path }), ({ code, stderr, stdout }) => ({
            text: stderr + stdout,
            code
          }))
    })
  }).pipe(Effect.provide(Emulator.layer(options)), Effect.scoped, Effect.orDie)
}
