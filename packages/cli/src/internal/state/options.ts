/** The options of commands that keep something on this machine for later ones. */
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { option } from "../input/parameters.ts"
import { parseDurationOrZero } from "../terminal/time.ts"

export const stateDir = Options.text("state-dir").pipe(
  Options.withPseudoName("folder"),
  Options.withDescription(
    "Where this machine keeps saved rows and locks. Otherwise checkpoint-permissions in XDG_STATE_HOME or ~/.local/state."
  ),
  Options.optional
)

const duration = (name: string, description: string) =>
  option({
    name,
    pseudoName: "time",
    schema: Schema.String.pipe(
      Schema.filter((text) => parseDurationOrZero(text) !== undefined, {
        message: () => "not a time: pass one such as 90s, 15m or 2h, or 0"
      })
    )
  }).pipe(
    Options.withDescription(description),
    Options.optional,
    Options.map(Option.flatMapNullable(parseDurationOrZero))
  )

/** How old the last row of a run that was cut short may be. */
export const defaultMaxAge = Duration.minutes(10)

export const maxAge = duration(
  "max-age",
  "Go on with what the same command had read when it was cut short, if that stopped no longer ago than this. 10m by default; 0 reads everything, and saves nothing."
)
