/** What the environment says. An empty variable counts as unset. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The value of the first of these variables that is set. */
export const variable = (...names: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.firstSuccessOf(
    names.map((name) =>
      Effect.flatMap(
        Config.string(name),
        Option.liftPredicate((value) => value !== "")
      )
    )
  ).pipe(Effect.orElseSucceed(() => undefined))

/** Who applies, submits or stops, if nobody says otherwise. */
export const actor = variable("GITHUB_ACTOR", "USER")
