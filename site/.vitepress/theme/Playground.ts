import { computed, defineComponent, h, onMounted, reactive, shallowRef, type VNode } from "vue"
import type { Choice, Outcome } from "../../playground/run.ts"
import type { Operation, Sent } from "../../playground/session.ts"

const rows: ReadonlyArray<Operation> = ["list", "create", "delete"]
const width = 760
const left = 64
const rowHeight = 44

const minutes = (millis: number): string => {
  const seconds = Math.round(millis / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Which mark a request has: by its shape too, since colours alone are not seen by everybody. */
const kindOf = ({ status }: Sent): "accepted" | "limited" | "failed" =>
  status !== undefined && status < 300 ? "accepted" : status === 429 ? "limited" : "failed"

const titles = { accepted: "accepted", limited: "refused with 429", failed: "failed or lost" }

const mark = (kind: keyof typeof titles, x: number, y: number, title?: string): VNode =>
  h("g", { class: `mark mark-${kind}`, transform: `translate(${x} ${y})` }, [
    ...(title === undefined ? [] : [h("title", title)]),
    kind === "accepted"
      ? h("circle", { r: 4 })
      : h("path", { d: kind === "limited" ? "M-5 -5 L5 5 M5 -5 L-5 5" : "M0 -5 L5 4 L-5 4 Z" })
  ])

const ticksOf = (end: number): ReadonlyArray<number> => {
  const step = [100, 1000, 5000, 10_000, 60_000, 300_000, 600_000, 3_600_000].find((each) => end / each <= 12) ?? end
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step)
}

const timeline = (sent: ReadonlyArray<Sent>): VNode => {
  const end = Math.max(1000, ...sent.map(({ end }) => end))
  const x = (at: number): number => left + ((width - left - 12) * at) / end
  const height = rows.length * rowHeight + 28
  return h(
    "svg",
    {
      class: "timeline",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${sent.length} requests in ${minutes(end)}`
    },
    [
      ...ticksOf(end).flatMap((at) => [
        h("line", { class: "tick", x1: x(at), x2: x(at), y1: 0, y2: rows.length * rowHeight }),
        h(
          "text",
          {
            class: "tick-text",
            x: x(at),
            y: height - 8,
            "text-anchor": at === 0 ? "start" : x(at) > width - 60 ? "end" : "middle"
          },
          minutes(at)
        )
      ]),
      ...rows.flatMap((operation, row) => {
        const y = row * rowHeight + rowHeight / 2
        return [
          h("text", { class: "row-text", x: 0, y: y + 5 }, operation),
          h("line", { class: "row-line", x1: left, x2: width - 12, y1: y, y2: y }),
          ...sent
            .filter((each) => each.operation === operation)
            .flatMap((each) => [
              ...(each.at - each.wanted > 0
                ? [h("line", { class: "wait", x1: x(each.wanted), x2: x(each.at), y1: y, y2: y })]
                : []),
              mark(
                kindOf(each),
                x(each.at),
                y,
                `${each.operation} ${each.checkpoint} after ${minutes(each.at)}: ${each.status ?? "no reply"}`
              )
            ])
        ]
      })
    ]
  )
}

const legend = (): VNode =>
  h("p", { class: "legend" }, [
    ...(["accepted", "limited", "failed"] as const).map((kind) =>
      h("span", [
        h("svg", { viewBox: "-7 -7 14 14", width: 14, height: 14, "aria-hidden": "true" }, [mark(kind, 0, 0)]),
        ` ${titles[kind]}`
      ])
    ),
    h("span", [
      h("svg", { viewBox: "0 0 24 14", width: 24, height: 14, "aria-hidden": "true" }, [
        h("line", { class: "wait", x1: 1, x2: 23, y1: 7, y2: 7 })
      ]),
      " waits for its turn"
    ])
  ])

const quotaTitles: Readonly<Record<string, string>> = {
  preset: "as the preset has it",
  none: "none",
  "10": "10 a minute",
  "60": "60 a minute"
}

/** The playground: what it runs is loaded with its page only. */
export const Playground = defineComponent(() => {
  const choice = reactive<Choice>({ task: "list", preset: "production", quota: "preset", manner: "adaptive" })
  const loaded = shallowRef<{
    readonly run: typeof import("../../playground/run.ts")
    readonly tasks: typeof import("../../playground/tasks.ts")
  }>()
  const outcome = shallowRef<Outcome>()
  const isRunning = shallowRef(false)
  const end = computed(() => Math.max(0, ...(outcome.value?.sent ?? []).map(({ end }) => end)))
  const refused = computed(() => (outcome.value?.sent ?? []).filter((each) => kindOf(each) === "limited").length)

  const start = async (): Promise<void> => {
    if (loaded.value === undefined || isRunning.value) return
    isRunning.value = true
    outcome.value = await loaded.value.run.run({ ...choice })
    isRunning.value = false
  }
  onMounted(async () => {
    const [run, tasks] = await Promise.all([import("../../playground/run.ts"), import("../../playground/tasks.ts")])
    loaded.value = { run, tasks }
    await start()
  })

  const select = <K extends keyof Choice>(
    label: string,
    name: K,
    options: ReadonlyArray<readonly [Choice[K], string]>
  ): VNode =>
    h("label", [
      label,
      h(
        "select",
        {
          value: choice[name],
          onChange: (event: Event) => {
            const index = event.target instanceof HTMLSelectElement ? event.target.selectedIndex : -1
            const chosen = options[index]
            if (chosen !== undefined) Object.assign(choice, { [name]: chosen[0] })
          }
        },
        options.map(([value, text]) => h("option", { value, selected: choice[name] === value }, text))
      )
    ])

  return () => {
    if (loaded.value === undefined) return h("div", { class: "playground" }, "Loading …")
    const { run, tasks } = loaded.value
    return h("div", { class: "playground" }, [
      h(
        "form",
        {
          onSubmit: (event: Event) => {
            event.preventDefault()
            return start()
          }
        },
        [
          select("Task", "task", [
            ["list", tasks.tasks.list.title],
            ["apply", tasks.tasks.apply.title]
          ]),
          select(
            "Preset of the server",
            "preset",
            run.presets.map((name) => [name, name] as const)
          ),
          select(
            "Quota",
            "quota",
            run.quotas.map((name) => [name, quotaTitles[name] ?? name] as const)
          ),
          select("Client", "manner", [
            ["adaptive", "the rules of this library"],
            ["simple", "two quick retries"]
          ]),
          h("button", { type: "submit", disabled: isRunning.value }, "Run")
        ]
      ),
      h(
        "p",
        { role: "status", class: ["outcome", outcome.value?.isDone === false ? "outcome-failed" : ""] },
        outcome.value === undefined
          ? ""
          : `${outcome.value.isDone ? "Done" : "Failed"} after ${minutes(end.value)} and ${outcome.value.sent.length} requests, ${refused.value} of them refused. ${outcome.value.text}`
      ),
      ...(outcome.value === undefined
        ? []
        : [
            h("div", { class: "timeline-frame", tabindex: 0, role: "region", "aria-label": "Line of time" }, [
              timeline(outcome.value.sent)
            ]),
            legend()
          ])
    ])
  }
})
