import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Cards from "@cloudscape-design/components/cards";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useApi } from "./api.js";
import { texts } from "./texts.js";

function NewGroup({ say, visible, close }) {
  const [name, setName] = useState("");
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Button onClick={close}>{say.cancel}</Button>
      <Button variant="primary">{say.create}</Button>
    </SpaceBetween>
  );
  return (
    <Modal visible={visible} onDismiss={close} header={say.newGroup}>
      <Form actions={actions}>
        <FormField label={say.name}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </Form>
    </Modal>
  );
}

export default function Groups({ language }) {
  const say = texts[language];
  const [asks, setAsks] = useState(false);
  const { results, error, loading } = useApi(language, "/v1/groups");
  const card = {
    header: (group) => <Link href={`/groups/${group.group_id}`}>{group.name}</Link>,
    sections: [{ id: "count", header: say.accounts, content: (group) => group.account_count }],
  };
  const action = (
    <Button variant="primary" onClick={() => setAsks(true)}>
      {say.newGroup}
    </Button>
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={action}>
          {say.groups}
        </Header>
      }
    >
      {error && <Alert type="error">{say.failed}</Alert>}
      <Cards
        items={results?.[0].items ?? []}
        loading={loading}
        loadingText={say.loading}
        cardDefinition={card}
        empty={<Box textAlign="center">{say.nothing}</Box>}
      />
      <NewGroup say={say} visible={asks} close={() => setAsks(false)} />
    </ContentLayout>
  );
}
