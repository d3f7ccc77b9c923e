import type { Dispatcher } from "undici";

/** Sends one request, lets its answer pass by, and gives the status. Rejects when there is no whole answer. */
export function ask(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    let answeredStatus = 0;
    dispatcher.dispatch(request, {
      onRequestStart() {},
      onResponseStart(_controller, status) {
        answeredStatus = status;
      },
      onResponseData() {},
      onResponseEnd: () => resolve(answeredStatus),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}
