import AppLayout from "@cloudscape-design/components/app-layout";
import { I18nProvider } from "@cloudscape-design/components/i18n";
import english from "@cloudscape-design/components/i18n/messages/all.en";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import Spinner from "@cloudscape-design/components/spinner";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { lazy, Suspense, useEffect, useState } from "react";
import { BrowserRouter, Route, Routes, useLocation, useNavigate } from "react-router";
import { Group } from "./group.jsx";
import { texts } from "./texts.js";

// Only the first page and the first language are in the first bundle.
const Groups = lazy(() => import("./groups.jsx"));
const japanese = () => import("@cloudscape-design/components/i18n/messages/all.ja");

function startLanguage() {
  const chosen = localStorage.getItem("language") ?? navigator.language.slice(0, 2);
  return chosen in texts ? chosen : "en";
}

function useMessages(language) {
  const [messages, setMessages] = useState([english]);
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem("language", language);
    if (language === "ja") japanese().then((loaded) => setMessages([english, loaded.default]));
  }, [language]);
  return messages;
}

function Header({ language, setLanguage }) {
  const say = texts[language];
  const languages = [
    { id: "en", text: "English" },
    { id: "ja", text: "日本語" },
  ];
  const person = [
    { id: "sessions", text: say.sessions },
    { id: "sign-out", text: say.signOut },
  ];
  return (
    <TopNavigation
      identity={{ href: "/", title: "Rolecall" }}
      utilities={[
        {
          type: "menu-dropdown",
          text: say.language,
          items: languages,
          onItemClick: ({ detail }) => setLanguage(detail.id),
        },
        { type: "menu-dropdown", iconName: "user-profile", text: "Olivia Owner", items: person },
      ]}
    />
  );
}

function Menu({ language }) {
  const [navigate, { pathname }] = [useNavigate(), useLocation()];
  const say = texts[language];
  const items = [
    { type: "link", text: say.groups, href: "/" },
    { type: "link", text: say.accounts, href: "/accounts" },
    { type: "link", text: say.orphanedStacks, href: "/orphaned-stacks" },
  ];
  const follow = (event) => {
    event.preventDefault();
    navigate(event.detail.href);
  };
  const header = { text: "Rolecall", href: "/" };
  return <SideNavigation activeHref={pathname} header={header} items={items} onFollow={follow} />;
}

export function App() {
  const [language, setLanguage] = useState(startLanguage);
  const messages = useMessages(language);
  const content = (
    <Suspense fallback={<Spinner />}>
      <Routes>
        <Route path="/groups/:id" element={<Group language={language} />} />
        <Route path="*" element={<Groups language={language} />} />
      </Routes>
    </Suspense>
  );
  return (
    <I18nProvider locale={language} messages={messages}>
      <BrowserRouter>
        <Header language={language} setLanguage={setLanguage} />
        <AppLayout navigation={<Menu language={language} />} content={content} toolsHide />
      </BrowserRouter>
    </I18nProvider>
  );
}
