/** The demo: the client at work on a fake server, told line by line. */

import { pad } from "@checkpoint-permissions/access/TerminalText"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Failed } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import { count, fake, type Part, parts, perCreate, perPage, trouble, wanted } from "./scenario.ts"
import * as story from "./story.ts"
import { check, differences, stage, tell } from "./told.ts"

const calls = Effect.gen(function* () {
  const screen = yield* Screen.Screen
  const server = yield* FakePermissions.FakePermissions
  const { dim, green } = screen.out
  const permissions = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-demo"), pageSize: perPage })
  const finished = (part: Part, what: string, effort: string) =>
    screen.print(`  ${green("✓")} ${pad(part.name, 8)} ${pad(what, 16)} ${dim(effort)}\n`)

  yield* screen.print(
    `A fake server inside this process, ${counted(parts.length, "checkpoint")}: no key, no network.\n`
  )
  const projects = count((part) => part.projects.length)
  yield* stage("Grant", `${counted(projects, "project")}, up to ${perCreate} a request`)
  let granted = 0
  for (const part of parts) {
    const chunks = Arr.chunksOf(part.projects, perCreate)
    for (const chunk of chunks) {
      yield* screen.progress(`  granted ${granted} of ${projects}`)
      granted += (yield* permissions.create(part.checkpoint, chunk)).data.length
    }
    yield* finished(part, counted(part.projects.length, "project"), counted(chunks.length, "request"))
  }

  yield* stage("Stream", `them back, ${perPage} a page`)
  const toRevoke = new Map<Part, ReadonlyArray<PermissionId>>()
  let listed = 0
  for (const part of parts) {
    const before = listed
    const ids: Array<PermissionId> = []
    let pages = 0
    yield* permissions.pages(part.checkpoint).pipe(
      Stream.runForEach(({ data }) => {
        pages += 1
        listed += data.length
        ids.push(...data.filter((one) => part.revoked.has(one.project_id)).map(({ id }) => id))
        return screen.progress(`  ${part.name}, page ${pages}: listed ${listed} of ${projects}`)
      })
    )
    toRevoke.set(part, ids)
    yield* finished(part, counted(listed - before, "permission"), counted(pages, "page"))
  }

  const revokes = count((part) => part.revoked.size)
  yield* stage("Revoke", `${counted(revokes, "project")}, one request each`)
  let revoked = 0
  for (const [part, ids] of toRevoke) {
    for (const id of ids) {
      yield* screen.progress(`  revoked ${revoked} of ${revokes}`)
      yield* permissions.delete(part.checkpoint, id)
      revoked += 1
    }
    yield* finished(part, counted(ids.length, "permission"), counted(ids.length, "request"))
  }

  const requests = yield* server.requests
  yield* check([
    ...differences(wanted, yield* server.allPermissions),
    ...trouble
      .filter((status) => !requests.some((request) => request.status === status))
      .map((status) => `the server never answered ${status}`),
    ...(listed === projects ? [] : [`${listed} permissions were listed of ${projects}`])
  ])
  return { left: granted - revoked, requests: requests.length }
})

const demo = Effect.gen(function* () {
  const screen = yield* Screen.Screen
  const { dim, green } = screen.out
  const waits: Array<CheckpointPermissions.Wait> = []
  const [took, { left, requests }] = yield* calls.pipe(
    CheckpointPermissions.tapWaits(tell(waits)),
    Effect.provideService(CheckpointPermissions.CurrentWaitLog, false),
    Effect.timed
  )
  const failures = waits
    .filter(({ error }) => error !== undefined)
    .map(({ delay, error }) => `${error?.status ?? "no reply"} after ${time(delay)}`)
  yield* screen.print(
    `\nGot past ${counted(failures.length, "failure")}: ${failures.join(", ")}.\n` +
      `${green("✓")} The server holds exactly what it should: ${counted(left, "permission")}. ${dim(`Took ${counted(requests, "request")} and ${time(took)}.`)}\n`
  )
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
