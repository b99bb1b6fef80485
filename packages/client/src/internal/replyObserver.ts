import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Reply } from "../CheckpointPermissions.ts"

/** Told of every reply, before its body is read. */
export class ReplyObserver extends Context.Reference<ReplyObserver>()("@checkpoint-permissions/client/ReplyObserver", {
  defaultValue: (): ((reply: Reply) => Effect.Effect<void>) => () => Effect.void
}) {}
