/** What decides when the next request may go: one of the laws. */
import type { Basis } from "../estimates/estimate.ts"
import * as adaptive from "./adaptive.ts"
import * as fixed from "./fixed.ts"
import type { InFlight, LawEvent, Timing } from "./model.ts"

/** The state of a pace without its queue: plain data. */
export type Law = adaptive.Adaptive | fixed.Fixed

export const on = (law: Law, event: LawEvent): Law =>
  law._tag === "Adaptive" ? adaptive.on(law, event) : fixed.on(law, event)

export const timing = (law: Law, now: number, inFlight: InFlight): Timing =>
  law._tag === "Adaptive" ? adaptive.timing(law, now, inFlight) : fixed.timing(law, now, inFlight)

export const basis = (law: Law): Basis => (law._tag === "Adaptive" ? adaptive.basis(law) : "configured")

/** When the last of so many further requests goes, from now on: one or more. */
export const estimate = (law: Law, now: number, requests: number, inFlight: InFlight): number =>
  law._tag === "Adaptive" ? adaptive.estimate(law, now, requests) : fixed.estimate(law, now, requests, inFlight)
