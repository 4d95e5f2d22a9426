/** A page with both composables, for the tests: `#streaming` shows the second one. */

import { useChat, useStreamingMessage } from '@rivulet/vue'
import { createApp, defineComponent, h, nextTick, ref, watch } from 'vue'

const STORE = 'demo chat'

const Composer = defineComponent({
  props: { isLocked: { type: Boolean, required: true } },
  emits: { send: (_: string) => true, stop: () => true },
  setup(props, { emit }) {
    const draft = ref('')
    const input = ref<HTMLTextAreaElement>()
    watch(() => props.isLocked, (isLocked) => !isLocked && void nextTick(() => input.value?.focus()), { immediate: true })
    function submit(event: Event): void {
      event.preventDefault()
      if (props.isLocked) return emit('stop')
      emit('send', draft.value)
      draft.value = ''
    }
    return () =>
      h('form', { onSubmit: submit }, [
        h('textarea', {
          ref: input, 'aria-label': 'Your question', disabled: props.isLocked, value: draft.value,
          onInput: (event: Event) => (draft.value = (event.target as HTMLTextAreaElement).value),
          onKeydown: (event: KeyboardEvent) => event.key === 'Enter' && !event.isComposing && submit(event),
        }),
        h('button', props.isLocked ? 'Stop' : 'Send'),
      ])
  },
})

const Chat = defineComponent({
  setup() {
    const chat = useChat({
      chatId: sessionStorage.getItem(STORE) ?? undefined,
      onChat: (id) => sessionStorage.setItem(STORE, id),
    })
    return () =>
      h('main', [
        h('div', { role: 'log', 'aria-busy': chat.inputDisabled.value, 'data-status': chat.status.value },
          chat.messages.value.map(({ id, role, text, status }) =>
            h('p', { key: id, class: role }, [text, status === 'cancelled' ? h('em', 'Stopped') : null]))),
        h('p', { role: 'status' }, chat.stage.value?.label ?? chat.stage.value?.name),
        chat.connection.value !== 'open' ? h('p', { class: 'connection' }, chat.connection.value) : null,
        chat.error.value
          ? h('p', { role: 'alert' }, [`${chat.error.value.message} (${chat.error.value.code}) `, h('button', { onClick: () => chat.regenerate() }, 'Retry')])
          : null,
        h(Composer, { isLocked: chat.inputDisabled.value, onSend: (text: string) => void chat.sendMessage({ text }), onStop: () => void chat.stop() }),
      ])
  },
})

const Streaming = defineComponent({
  setup() {
    const { streamingMessage, isStreaming, error, streamMessage } = useStreamingMessage()
    const done = ref('')
    let leave = () => {}
    function send(text: string): void {
      leave = streamMessage(text, () => {}, ({ model }) => (done.value = model), () => {})
    }
    return () =>
      h('main', [
        h('div', { role: 'log', 'aria-busy': isStreaming.value, 'data-model': done.value }, [h('p', { class: 'assistant' }, streamingMessage.value)]),
        error.value ? h('p', { role: 'alert' }, error.value.code) : null,
        h(Composer, { isLocked: isStreaming.value, onSend: send, onStop: () => leave() }),
      ])
  },
})

createApp(location.hash === '#streaming' ? Streaming : Chat).mount(document.body.appendChild(document.createElement('div')))
