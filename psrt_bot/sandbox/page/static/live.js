// Being told by the server that something has changed.

import { look, online } from "./look.js";

let patience = 250;

export function listen() {
  const socket = new WebSocket(`ws://${location.host}/live`);
  socket.onopen = () => {
    patience = 250;
    look();
  };
  socket.onmessage = () => look();
  socket.onclose = () => {
    online(false);
    setTimeout(listen, patience);
    patience = Math.min(patience * 2, 4000);
  };
}
