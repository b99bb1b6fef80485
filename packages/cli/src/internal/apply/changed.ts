/** The policy that `plan --changed` compares with. */

import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { readText } from "../input/document.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"

/**
 * Reads the base of a plan. A missing file is an empty policy. None if no file is given, or if the files are no policy:
 * then everything is planned.
 */
export const baseOf = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  if (files.length === 0) return Option.none<AccessPolicy.AccessPolicy>()
  const fs = yield* FileSystem.FileSystem
  const there = yield* Effect.filter(files, (file) =>
    file === "-" ? Effect.succeed(true) : Effect.orElseSucceed(fs.exists(file), () => true)
  )
  const sources = yield* Effect.forEach(there, (file) =>
    Effect.map(readText("policy", file), (text) => ({ file, text }))
  )
  if (!isNonEmptyReadonlyArray(sources)) return Option.some<AccessPolicy.AccessPolicy>({ version: 1, checkpoints: {} })
  return yield* AccessPolicy.merge(sources).pipe(
    Effect.asSome,
    Effect.catchTag("InvalidPolicy", ({ message }) =>
      Effect.as(
        Screen.complain(`plan: everything is planned, since the base is not a valid policy: ${printable(message)}`),
        Option.none<AccessPolicy.AccessPolicy>()
      )
    )
  )
})

/** Returns true if access ends within a day of this time, so that the time of the server decides. */
export const endsAround = (policy: AccessPolicy.AccessPolicy, now: DateTime.Utc) => {
  const day = (days: number) => DateTime.formatIsoDateUtc(DateTime.add(now, { days }))
  const [first, last] = [day(-1), day(1)]
  return Effect.map(AccessPolicy.resolve(policy), (resolved) =>
    resolved.some(({ ends = [] }) => ends.some(({ kept, until }) => kept !== true && until >= first && until <= last))
  )
}

/** Sends one request, so that the time of the server is known. The time is also in the reply of a refusal. */
export const askTime = ({ organizationLists }: Pick<Connection, "organizationLists">) =>
  Effect.flatMap(organizationLists, ({ projects }) => Stream.runHead(projects())).pipe(
    Effect.catchIf(
      (error) => "status" in error && error.status !== undefined,
      () => Effect.void
    )
  )
