/** The demo: the client at work on a fake server, told line by line. */

import { pad, padLeft } from "@checkpoint-permissions/access/TerminalText"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Failed } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import * as waiting from "../terminal/waiting.ts"
import { count, differences, fake, type Part, parts, perCreate, perPage, trouble } from "./scenario.ts"
import * as story from "./story.ts"
import { type Done, type Survived, survivedLine, table } from "./summary.ts"

const barWidth = 24

const bar = (doing: string, done: number, all: number): string => {
  const full = Math.round((done / all) * barWidth)
  return `  ${pad(doing, 18)} ${"█".repeat(full)}${"░".repeat(barWidth - full)} ${done} of ${all}`
}

/** A failure that is got past by waiting, as it is told. */
const tell =
  (survived: Array<Survived>) =>
  ({ delay, error }: CheckpointPermissions.Wait) =>
    Effect.gen(function* () {
      if (error === undefined) return
      const screen = yield* Screen.Screen
      const { yellow } = screen.out
      survived.push({ status: error.status, waited: delay })
      // A reader who has gone is noticed at the next line that matters.
      yield* Effect.ignore(
        screen.print(`  ${yellow("!")} ${yellow(waiting.cause(error))}: tries again in ${time(delay)}\n`)
      )
      yield* screen.progress(`  waiting ${time(delay)}`)
    })

const calls = Effect.fnUntraced(function* (survived: ReadonlyArray<Survived>) {
  const screen = yield* Screen.Screen
  const server = yield* FakePermissions.FakePermissions
  const { bold, cyan, dim, green } = screen.out
  const startedAt = yield* Clock.currentTimeMillis

  const stage = (name: string, what: string) => screen.print(`\n${bold(cyan(name))} ${what}\n`)
  const finished = (part: Part, amount: number, noun: string, rest: string) =>
    screen.print(
      `  ${green("✓")} ${pad(part.name, 8)}${padLeft(String(amount), 5)} ${pad(`${noun}s`, 12)}${dim(rest)}\n`
    )

  const permissions = yield* CheckpointPermissions.make({
    adminKey: Redacted.make("sk-demo"),
    pageSize: perPage
  })

  yield* screen.print(
    `A fake server inside this process, ${counted(parts.length, "checkpoint")}: no key, no network.\n`
  )

  const projects = count((part) => part.projects.length)
  yield* stage("Grant", `${counted(projects, "project")}, up to ${perCreate} a request`)
  let granted = 0
  for (const part of parts) {
    const chunks = Arr.chunksOf(part.projects, perCreate)
    for (const chunk of chunks) {
      yield* screen.progress(bar("granting", granted, projects))
      const page = yield* permissions.create(part.checkpoint, chunk)
      granted += page.data.length
    }
    yield* finished(part, part.projects.length, "project", counted(chunks.length, "request"))
  }

  yield* stage("Stream", `them back, ${perPage} a page`)
  const ids = new Map<Part, ReadonlyArray<PermissionId>>()
  const done = new Map<Part, Done>()
  let listed = 0
  for (const part of parts) {
    const toRevoke: Array<PermissionId> = []
    let ofPart = 0
    let pages = 0
    yield* permissions.pages(part.checkpoint).pipe(
      Stream.runForEach((page) => {
        pages += 1
        ofPart += page.data.length
        listed += page.data.length
        toRevoke.push(...page.data.filter((one) => part.revoked.has(one.project_id)).map(({ id }) => id))
        return screen.progress(bar(`${part.name}, page ${pages}`, listed, projects))
      })
    )
    ids.set(part, toRevoke)
    done.set(part, { granted: part.projects.length, listed: ofPart, pages, revoked: toRevoke.length })
    yield* finished(part, ofPart, "permission", counted(pages, "page"))
  }

  const revokes = count((part) => part.revoked.size)
  yield* stage("Revoke", `${counted(revokes, "project")}, one request each`)
  let revoked = 0
  for (const [part, toRevoke] of ids) {
    for (const id of toRevoke) {
      yield* screen.progress(bar("revoking", revoked, revokes))
      yield* permissions.delete(part.checkpoint, id)
      revoked += 1
    }
    yield* finished(part, toRevoke.length, "permission", counted(toRevoke.length, "request"))
  }

  const requests = yield* server.requests
  const took = Duration.millis((yield* Clock.currentTimeMillis) - startedAt)
  yield* screen.print(`\n${table(screen.out, done, requests)}\n${survivedLine(survived)}\n`)

  const held = yield* Effect.forEach(parts, ({ checkpoint }) =>
    Effect.map(server.projects(checkpoint), (all) => [checkpoint, all] as const)
  )
  const unmet = trouble.filter((status) => !requests.some((request) => request.status === status))
  const wrong = [
    ...differences(Object.fromEntries(held)),
    ...unmet.map((status) => `the server never answered ${status}`),
    ...(listed === projects ? [] : [`${listed} permissions were listed of ${projects}`])
  ]
  if (wrong.length > 0) return yield* new Failed({ message: `demo: not as it should be: ${wrong.join("; ")}` })
  const left = held.reduce((sum, [, all]) => sum + all.length, 0)
  yield* screen.print(
    `${green("✓")} The server holds exactly what it should: ${counted(left, "permission")}. ${dim(`Took ${time(took)}.`)}\n`
  )
})

const demo = Effect.suspend(() => {
  const survived: Array<Survived> = []
  return CheckpointPermissions.tapWaits(calls(survived), tell(survived))
})

/** The calls as they are, then access as code. */
export const run = Effect.zipRight(
  Effect.provide(demo, fake),
  story.run.pipe(
    Effect.provide(story.fake),
    Effect.catchTags({
      BadArgument: (error) => new Failed({ message: `demo: no folder for its files: ${error.message}` }),
      SystemError: (error) => new Failed({ message: `demo: no folder for its files: ${error.message}` })
    })
  )
)
