import { useEffect, useState } from "react";

/** Reads from the API as the user whose token is in the session storage. */
export async function read(path, language) {
  const token = sessionStorage.getItem("id_token");
  const headers = { authorization: `Bearer ${token}`, "accept-language": language };
  const response = await fetch(path, { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** The results of several paths, which are read at the same time. */
export function useApi(language, ...paths) {
  const [state, setState] = useState({ loading: true });
  const key = paths.join(" ");
  useEffect(() => {
    let current = true;
    const set = (state) => current && setState(state);
    Promise.all(key.split(" ").map((path) => read(path, language))).then(
      (results) => set({ results }),
      (error) => set({ error }),
    );
    return () => {
      current = false;
    };
  }, [key, language]);
  return state;
}
