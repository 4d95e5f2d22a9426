// The watch over a stream that may stall: call what it returns at every event; after `ms` without another one it
// leaves. It starts with the first event, and 0 is for ever; leaving what has ended does nothing to any client.
export function patient(ms, leave) {
  let timer;
  return () => {
    clearTimeout(timer);
    if (ms) timer = setTimeout(leave, ms);
  };
}
