/**
 * `checkpoint-permissions demo`: the whole on a fake server, to look at.
 *
 * @since 0.1.0
 */
import { run } from "../../internal/demo/demo.ts"
import { described } from "../../internal/help/described.ts"

/** @category commands */
export const demo = described("demo", {}, () => run, {
  summary: "Show it all on a fake server inside this process.",
  details: [
    "Needs no key and no network, and takes a quarter of a minute. Grants hundreds of projects on several checkpoints, streams them back across pages, revokes some, and gets past a 429 and a 502 on the way. Then a policy file is planned, applied under a quota with a lost reply, and audited: the page is left in a folder that it names. Exits with 1 if the server does not hold in the end what it should."
  ],
  examples: [{ line: "checkpoint-permissions demo", does: "nothing is needed" }]
})
