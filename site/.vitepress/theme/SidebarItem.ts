import type { DefaultTheme } from "vitepress"
import { useData, withBase } from "vitepress"
import { computed, type DefineComponent, defineComponent, h, type PropType, ref, type VNode, watch } from "vue"

/** The page that a link of the sidebar leads to, as `relativePath` has it. */
const pathOf = (link: string): string => `${link.slice(1)}${link.endsWith("/") ? "index" : ""}.md`

const holds = (item: DefaultTheme.SidebarItem, path: string): boolean =>
  (item.link !== undefined && pathOf(item.link) === path) || (item.items ?? []).some((each) => holds(each, path))

interface Props {
  readonly item: DefaultTheme.SidebarItem
  readonly depth: number
}

/** In place of the theme's, which puts buttons into buttons. */
const SidebarItem: DefineComponent<Props> = defineComponent({
  name: "SidebarItem",
  props: {
    item: { type: Object as PropType<DefaultTheme.SidebarItem>, required: true },
    depth: { type: Number, required: true }
  },
  setup: (props) => {
    const { page } = useData()
    const isHere = computed(() => props.item.link !== undefined && pathOf(props.item.link) === page.value.relativePath)
    const isWithin = computed(() => holds(props.item, page.value.relativePath))
    const isOpen = ref(props.item.collapsed !== true || isWithin.value)
    watch(isWithin, (within) => {
      if (within) isOpen.value = true
    })

    const title = (): VNode => {
      const { link, text = "" } = props.item
      return link === undefined
        ? h("span", { class: "sidebar-text" }, text)
        : h(
            "a",
            {
              class: "sidebar-text",
              href: withBase(link.endsWith("/") ? link : `${link}.html`),
              "aria-current": isHere.value ? "page" : undefined
            },
            text
          )
    }

    const toggle = (text: string | undefined): VNode =>
      h(
        "button",
        {
          type: "button",
          class: "sidebar-toggle",
          "aria-expanded": isOpen.value,
          "aria-label": text === undefined ? undefined : `Pages of ${text}`,
          onClick: () => {
            isOpen.value = !isOpen.value
          }
        },
        [
          text === undefined ? h("span", { class: "sidebar-text" }, props.item.text) : undefined,
          h("span", { class: "vpi-chevron-right", "aria-hidden": "true" })
        ]
      )

    return () => {
      const { items = [], link, text } = props.item
      const { depth } = props
      const inner = (at: number): ReadonlyArray<VNode> =>
        items.map((item) => h(SidebarItem, { key: item.text ?? "", item, depth: at }))
      // What stands at the top without a title of its own.
      if (text === undefined) return inner(depth)
      if (items.length === 0) return h("div", { class: `sidebar-item sidebar-level-${depth}` }, [title()])
      return h("section", { class: `sidebar-item sidebar-level-${depth}` }, [
        h(
          `h${depth + 2}`,
          { class: "sidebar-title" },
          link === undefined ? [toggle(undefined)] : [title(), toggle(text)]
        ),
        h("div", { class: "sidebar-items", hidden: !isOpen.value }, [...inner(depth + 1)])
      ])
    }
  }
})

export default SidebarItem
