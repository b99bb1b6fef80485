/**
 * Cannot be loaded with Effect 4, which has no `FiberId`. Public modules import it first, so its name is in the error of an
 * application that installed Effect 4.
 */
import "effect/FiberId"
