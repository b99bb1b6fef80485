import { defineComponent, h, onMounted, type PropType, type Ref, ref, useId } from "vue"

/** What a reader chose, by kind, on every page: in memory, and in the browser for the next visit. */
const chosen: Record<string, Ref<string>> = {}

const choiceOf = (kind: string): Ref<string> => {
  chosen[kind] ??= ref("")
  return chosen[kind]
}

const key = (kind: string): string => `checkpoint-permissions-${kind}`

/** Neighbouring code blocks as tabs: `markdown/tabs.ts` makes these. */
export const CodeTabs = defineComponent({
  props: {
    kind: { type: String, required: true },
    names: { type: Array as PropType<ReadonlyArray<string>>, required: true }
  },
  setup: ({ kind, names }, { slots }) => {
    const choice = choiceOf(kind)
    const id = useId()
    onMounted(() => {
      if (choice.value === "") choice.value = localStorage.getItem(key(kind)) ?? ""
    })
    const selected = () => Math.max(0, names.indexOf(choice.value))
    const choose = (index: number): void => {
      choice.value = names[index] ?? ""
      localStorage.setItem(key(kind), choice.value)
    }
    const move = (event: KeyboardEvent): void => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      if (step === undefined) return
      event.preventDefault()
      const next = (selected() + step + names.length) % names.length
      choose(next)
      document.getElementById(`${id}-tab-${next}`)?.focus()
    }
    return () =>
      h("div", { class: "code-tabs" }, [
        h(
          "div",
          { role: "tablist", class: "code-tabs-names", onKeydown: move },
          names.map((name, index) =>
            h(
              "button",
              {
                type: "button",
                role: "tab",
                id: `${id}-tab-${index}`,
                "aria-selected": index === selected(),
                "aria-controls": `${id}-panel-${index}`,
                tabindex: index === selected() ? 0 : -1,
                onClick: () => choose(index)
              },
              name
            )
          )
        ),
        names.map((_, index) =>
          h(
            "div",
            {
              role: "tabpanel",
              id: `${id}-panel-${index}`,
              "aria-labelledby": `${id}-tab-${index}`,
              hidden: index !== selected()
            },
            slots[`tab${index}`]?.()
          )
        )
      ])
  }
})
