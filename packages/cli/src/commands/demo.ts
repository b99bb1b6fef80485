/**
 * `checkpoint-permissions demo`: the whole on a fake server, to look at.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"

/**
 * @category commands
 * @since 0.1.0
 */
export const demo = described(
  "demo",
  Command.make("demo", {}, () => lazily(() => import("../internal/demo/demo.ts"))(({ run }) => run)),
  {
    summary: "Show it all on a fake server inside this process: no key, no network, a few seconds.",
    details: [
      "Grants hundreds of projects on several checkpoints, streams them back across pages, revokes some, and gets past a 429 and a 502 on the way. Exits with 1 if the server does not hold in the end what it should."
    ],
    examples: [{ line: "checkpoint-permissions demo", does: "nothing is needed" }]
  }
)
