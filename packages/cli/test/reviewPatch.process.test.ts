import { execFileSync } from "node:child_process"
import { symlinkSync } from "node:fs"
import { createServer } from "node:http"
import { AccessPolicy } from "@checkpoint-permissions/access"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { patchOf, withMark } from "../src/internal/output/patch.ts"
import { folder } from "./support/folder.ts"
import { inFolder } from "./support/inFolder.ts"
import { exits } from "./support/inProcess.ts"
import { listen } from "./support/listen.ts"
import { test } from "./support/test.ts"
import { world } from "./support/world.ts"

const day = "2026-12-01"

const entry = fc.record({
  form: fc.constantFrom("block", "flow", "wrapped", "alias"),
  quote: fc.constantFrom('"', "'", ""),
  comment: fc.boolean(),
  anchor: fc.boolean(),
  owner: fc.boolean(),
  /** A day with its quotes, before or behind the other keys. */
  review: fc.option(fc.tuple(fc.constantFrom('"', "'", ""), fc.boolean()), { nil: undefined }),
  projects: fc.constantFrom("[]", "[proj_a, proj_b]", "[ proj_a, { project: proj_b, until: 2030-01-31 } ]", "list"),
  isListed: fc.boolean()
})

type Entry = typeof entry extends fc.Arbitrary<infer A> ? A : never

interface Written extends Entry {
  readonly id: string
  /** The entry that an alias refers to. */
  readonly target: string | undefined
  /** True for an entry with an alias. */
  readonly isTarget: boolean
}

const file = fc.record({
  kind: fc.constantFrom("yaml", "yaml", "json"),
  indent: fc.constantFrom(undefined, 2, "\t"),
  mark: fc.boolean(),
  crlf: fc.boolean(),
  end: fc.boolean(),
  flow: fc.boolean(),
  entries: fc.array(entry, { minLength: 1, maxLength: 6 })
})

type File = Omit<typeof file extends fc.Arbitrary<infer A> ? A : never, "entries">

/** Gives entries their names. Only an entry below an anchor is an alias. */
const named = (entries: ReadonlyArray<Entry>, n: number): ReadonlyArray<Written> =>
  entries
    .map((one, i) => {
      const target = one.form === "alias" ? entries.slice(0, i).findLastIndex((other) => isAnchor(other)) : -1
      return { ...one, id: `ft:${n}-${i}`, target: target === -1 ? undefined : `ft:${n}-${target}` }
    })
    .map((one, _, all) => ({ ...one, isTarget: all.some(({ target }) => target === one.id) }))

const isAnchor = ({ anchor, form }: Entry): boolean => anchor && form !== "alias"

/** Returns the values of an entry, without those of an alias. */
const fieldsOf = (one: Written, isChanged: boolean) => {
  const before = one.review === undefined ? {} : { lastReview: "2026-01-31" }
  return {
    ...(isChanged ? { lastReview: day } : before),
    ...(one.owner ? { owner: "proj_c" } : {}),
    projects: one.projects === "[]" ? [] : ["proj_a", "proj_b"]
  }
}

/** Returns the lines of an entry, with the day in place of its own or as the first key. */
const linesOf = (one: Written, flow: boolean, isChanged: boolean): ReadonlyArray<string> => {
  const name = `${one.quote}${one.id}${one.quote}`
  if (one.target !== undefined) return [`${name}: *${one.target.replace(":", "")}`]
  const anchor = isAnchor(one) ? ` &${one.id.replace(":", "")}` : ""
  const note = one.comment ? " # agreed in June" : ""
  const isBlock = !flow && (one.form === "block" || one.form === "alias")
  const asList = one.projects === "list" ? (isBlock ? "" : "[proj_a, proj_b]") : one.projects
  const keys = [...(one.owner ? ["owner: proj_c"] : []), `projects:${asList === "" ? note : ` ${asList}`}`]
  const [quote = "", isLast = false] = one.review ?? []
  const set = `lastReview: ${quote}${isChanged ? day : "2026-01-31"}${quote}`
  const shown = one.review !== undefined ? [...(isLast ? keys : [set]), ...(isLast ? [set] : keys)] : keys
  const added = one.review === undefined && isChanged ? [set] : []
  if (isBlock) {
    const items = (key: string) => (key.startsWith("projects:") && asList === "" ? ["  - proj_a", "  - proj_b"] : [])
    const all = shown.flatMap((key) => [key, ...items(key)])
    return [
      `${name}:${anchor}${note}`,
      ...[...added, ...(one.comment ? ["# who?", ...all] : all)].map((line) => `  ${line}`)
    ]
  }
  if (one.form === "wrapped" && !flow) {
    return [`${name}:${anchor} {${note}`, ...[...added, ...shown].map((line) => `  ${line},`), ` }${note}`]
  }
  return [`${name}:${anchor} { ${[...added, ...shown].join(", ")} }`]
}

/** Returns the text of a file without its mark. `isChanged` is true for an entry with the day. */
const textOf = (one: File, entries: ReadonlyArray<Written>, isChanged: (entry: Written) => boolean): string => {
  if (one.kind === "json") {
    const checkpoints = entries.map((entry) => {
      const [, isLast = false] = entry.review ?? []
      const { lastReview, ...others } = fieldsOf(entry, isChanged(entry))
      const set = lastReview === undefined ? {} : { lastReview: entry.review === undefined ? "added" : lastReview }
      return [entry.id, isLast ? { ...others, ...set } : { ...set, ...others }]
    })
    const text = JSON.stringify({ version: 1, checkpoints: Object.fromEntries(checkpoints) }, null, one.indent)
    // an added key has spaces, even in one line
    const added = `"lastReview": "${day}",${one.indent === undefined ? " " : ""}`
    const apart = text.replaceAll(/"lastReview": ?"added",/g, added)
    return one.crlf ? apart.replaceAll("\n", "\r\n") : apart
  }
  const body = entries.map((entry) => linesOf(entry, one.flow, isChanged(entry)))
  const lines = one.flow
    ? ["checkpoints: {", ...body.flatMap((part) => part.map((line) => `  ${line},`)), "}"]
    : ["checkpoints:", ...body.flatMap((part) => part.map((line) => `  ${line}`))]
  const text = ["version: 1", ...lines].join("\n") + (one.end ? "\n" : "")
  return one.crlf ? text.replaceAll("\n", "\r\n") : text
}

describe("a patch of a review", () => {
  it.scopedLive.prop(
    "changes only the day of its entries, with real git",
    { files: fc.array(file, { minLength: 1, maxLength: 2 }) },
    ({ files }) =>
      Effect.gen(function* () {
        const home = yield* folder
        const all = files.map((one, n) => {
          const forms =
            one.kind === "json" ? one.entries.map((entry) => ({ ...entry, form: "flow" as const })) : one.entries
          const entries = named(forms, n)
          const isChanged = (entry: Written) => entry.isListed && entry.target === undefined && !entry.isTarget
          const mark = one.mark ? "\ufeff" : ""
          const text = textOf(one, entries, () => false)
          const source = { file: `policy ${n}.${one.kind}`, text }
          home.write(source.file, mark + text)
          return { entries, isChanged, source, after: mark + textOf(one, entries, isChanged) }
        })
        const listed = all.flatMap(({ entries }) => entries.filter(({ isListed }) => isListed).map(({ id }) => id))
        const results = yield* Effect.forEach(all, ({ source }) =>
          Effect.map(withMark(source), (marked) => ({
            source: marked,
            ...AccessPolicy.withLastReview(marked, listed, day)
          }))
        ).pipe(Effect.provide(inFolder(home.path)))
        assert.deepStrictEqual(
          results.flatMap(({ unchanged }) => unchanged.map(({ checkpoint }) => checkpoint)),
          all.flatMap(({ entries, isChanged }) =>
            entries.filter((entry) => entry.isListed && !isChanged(entry)).map(({ id }) => id)
          )
        )
        const patch = yield* Effect.provide(patchOf(results), inFolder(home.path))
        home.write("review.patch", patch)
        if (patch !== "") execFileSync("git", ["apply", "review.patch"], { cwd: home.path, stdio: "pipe" })
        for (const { after, source } of all) assert.strictEqual(home.read(source.file), after)
        for (const { entries, isChanged, source } of all) {
          const { checkpoints, ...others } = yield* AccessPolicy.parse(source.text)
          const changed = new Set(entries.filter(isChanged).map(({ id }) => id))
          const expected = Object.entries(checkpoints).map(([id, one]) =>
            changed.has(id) ? [id, { ...one, lastReview: day }] : [id, one]
          )
          const result = yield* AccessPolicy.parse(home.read(source.file))
          assert.deepStrictEqual(result, { ...others, checkpoints: Object.fromEntries(expected) })
        }
      }).pipe(Effect.scoped),
    { timeout: 60_000 }
  )
})

describe.concurrent("review --patch", () => {
  const policy = `version: 1
reviewEvery: 90d
checkpoints:
  "ft:a":
    owner: proj_own
    projects: [proj_a, proj_b]
  "ft:b": &same
    projects: [proj_a]
  "ft:c": *same
  "ft:d": { lastReview: 2025-01-31, projects: [] }
`
  const server = Emulator.layer({
    seed: { "ft:a": ["proj_a", "proj_x"], "ft:b": ["proj_a"], "ft:c": ["proj_a"], "ft:d": [] },
    organization: { projects: ["proj_a", "proj_b", "proj_own", { id: "proj_x", name: "Pilot" }] }
  })
  const today = () => new Date().toISOString().slice(0, 10)
  const reviewing = Effect.map(world, (there) => {
    there.home.write("p.yaml", policy)
    return {
      ...there,
      review: (...args: ReadonlyArray<string>) => there.cli(["review", "-f", "p.yaml", "--patch", "p.patch", ...args]),
      apply: () => execFileSync("git", ["apply", "p.patch"], { cwd: there.home.path, stdio: "pipe" })
    }
  })

  test("sets today at entries that were read, and names the others and each difference", server, function* () {
    const { apply, fake, home, review } = yield* reviewing
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list", checkpoint: "ft:d" }]))
    const { stderr, stdout } = yield* exits(4, review())
    assert.include(stdout, "ft:a\tproj_x")
    assert.deepStrictEqual(
      stderr
        .split("\n")
        .flatMap((line) => (/the patch|by hand|manually/.test(line) ? [line.replace(/not read: .*/, "not read")] : [])),
      [
        "review: ft:d is not in the patch: not read",
        "review: p.yaml:7: ft:b is not in the patch: the alias *same refers to it: edit it manually",
        "review: p.yaml:9: ft:c is not in the patch: it is written as the alias *same: edit it manually",
        "review: ft:a: proj_x (Pilot): not in the policy: the patch does not change it",
        "review: ft:a: proj_b: in the policy, no access: the patch does not change it"
      ]
    )
    apply()
    assert.strictEqual(home.read("p.yaml"), policy.replace("    owner", `    lastReview: ${today()}\n    owner`))
    yield* fake.setFaults(Faults.none)
    yield* exits(0, review("--force", "--owner", "proj_own", "--all"))
    assert.strictEqual((yield* exits(0, review("--force"))).stdout.includes("ft:a"), false)
    apply()
    assert.strictEqual(home.read("p.yaml").match(new RegExp(`lastReview: ${today()}`, "g"))?.length, 2)
  })

  test("is not written without its list, also if a checkpoint could not be read", server, function* () {
    const { cliIn, fake, home } = yield* reviewing
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list", checkpoint: "ft:d" }]))
    const closed = Object.assign(new Error("disk full"), { code: "ENOSPC" })
    yield* exits(1, cliIn({ closed }, ["review", "-f", "p.yaml", "--patch", "p.patch"]))
    assert.isFalse(home.exists("p.patch"))
  })

  test("takes the day of the server", server, function* () {
    const { apply, baseUrl, cli, home } = yield* reviewing
    const later = new Date(Date.now() + 40 * 24 * 60 * 60_000)
    const ahead = createServer(async ({ headers, url = "" }, response) => {
      const reply = await fetch(new URL(url, baseUrl), { headers: { authorization: headers.authorization ?? "" } })
      response.writeHead(reply.status, { date: later.toUTCString(), "content-type": "application/json" })
      response.end(await reply.text())
    })
    const env = { OPENAI_BASE_URL: `${yield* listen(ahead)}/v1` }
    yield* exits(0, cli(["review", "-f", "p.yaml", "--patch", "p.patch", "--owner", "proj_own"], env))
    apply()
    assert.include(home.read("p.yaml"), `lastReview: ${later.toISOString().slice(0, 10)}`)
  })

  test("writes nothing without an entry to change, and refuses another file", server, function* () {
    const { fake, home, review } = yield* reviewing
    home.write("p.yaml", "version: 1\nreviewEvery: 90d\ncheckpoints: {}\n")
    const { stderr } = yield* exits(0, review())
    assert.include(stderr, "review: no entry to change: no patch written\n")
    assert.isFalse(home.exists("p.patch"))
    yield* fake.clearRequests
    home.write("p.patch", "mine")
    assert.include((yield* exits(2, review())).stderr, 'patch "p.patch" already exists: pass --force to overwrite it')
    assert.isEmpty(yield* fake.requests)
    const kept = yield* exits(0, review("--force"))
    assert.include(kept.stderr, "review: no entry to change: no patch written; p.patch unchanged\n")
    assert.strictEqual(home.read("p.patch"), "mine")
  })

  test("refuses to overwrite the policy or the list, and paths that git does not apply", server, function* () {
    const { cliIn, fake, home } = yield* reviewing
    home.folder("below")
    const refused = (args: ReadonlyArray<string>, cwd = home.path) =>
      Effect.map(exits(2, cliIn({ cwd, stdin: policy }, ["review", "--force", ...args])), ({ stderr }) => stderr)
    for (const args of [
      ["-f", "p.yaml", "--patch", "p.yaml"],
      ["-f", "p.yaml", "--patch", "below/../p.yaml"],
      ["-f", "p.yaml", "-o", "list.csv", "--patch", "list.csv"]
    ]) {
      const name = args.at(-1)
      assert.include(
        yield* refused(args),
        `--patch ${name} would overwrite another file of this command: pass another name`
      )
    }
    assert.include(
      yield* refused(["-f", "../p.yaml", "--patch", "p.patch"], home.at("below")),
      "--patch: ../p.yaml is outside of the current folder: run the command in a folder above it"
    )
    assert.include(
      yield* refused(["-f", "-", "--patch", "p.patch"]),
      "--patch requires a policy in a file: it cannot change standard input"
    )
    assert.strictEqual(home.read("p.yaml"), policy)
    assert.isEmpty(yield* fake.requests)
  })

  test("changes the file that a symbolic link refers to", server, function* () {
    const { apply, cli, home } = yield* reviewing
    home.folder("below")
    symlinkSync("../p.yaml", home.at("below/linked.yaml"))
    yield* exits(0, cli(["review", "-f", "below/linked.yaml", "--patch", "p.patch", "--owner", "proj_own"]))
    apply()
    assert.strictEqual(home.read("p.yaml"), policy.replace("    owner", `    lastReview: ${today()}\n    owner`))
  })
})
