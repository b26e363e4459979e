import { useCollection } from "@cloudscape-design/collection-hooks";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useParams } from "react-router";
import { useApi } from "./api.js";
import { texts } from "./texts.js";

const PAGE_SIZE = 50;
const KINDS = { active: "success", unhealthy: "error", disconnected: "pending", deregistered: "stopped" };

function columns(say, language) {
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const name = (account) => (
    <>
      <Link href={`/accounts/${account.account_id}`}>{account.name}</Link>
      <Box variant="small">{account.region}</Box>
    </>
  );
  const status = ({ status }) => <StatusIndicator type={KINDS[status]}>{say[status]}</StatusIndicator>;
  const checked = (account) => account.last_checked_at && date.format(new Date(account.last_checked_at));
  return [
    { id: "name", header: say.account, cell: name, sortingField: "name", isRowHeader: true },
    { id: "aws", header: say.awsAccount, cell: (it) => it.aws_account_id, sortingField: "aws_account_id" },
    { id: "status", header: say.status, cell: status, sortingField: "status" },
    { id: "access", header: say.access, cell: (it) => it.requested_access.join(", ") },
    { id: "checked", header: say.lastCheck, cell: checked, sortingField: "last_checked_at" },
  ];
}

function Accounts({ accounts, loading, language }) {
  const say = texts[language];
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(accounts, {
    filtering: {},
    pagination: { pageSize: PAGE_SIZE },
    sorting: {},
    selection: {},
  });
  const filter = (
    <TextFilter {...filterProps} filteringPlaceholder={say.find} countText={say.matches(filteredItemsCount)} />
  );
  return (
    <Table
      {...collectionProps}
      items={items}
      loading={loading}
      loadingText={say.loading}
      columnDefinitions={columns(say, language)}
      trackBy="account_id"
      header={<Header counter={`(${accounts.length})`}>{say.accounts}</Header>}
      filter={filter}
      pagination={<Pagination {...paginationProps} />}
      empty={<Box textAlign="center">{say.nothing}</Box>}
    />
  );
}

export function Group({ language }) {
  const { id } = useParams();
  const say = texts[language];
  const { results, error, loading } = useApi(language, `/v1/groups/${id}`, `/v1/accounts?group_id=${id}`);
  const [group, list] = results ?? [];
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Button>{say.edit}</Button>
      <Button iconName="download">{say.exportList}</Button>
      <Button variant="primary">{say.addAccount}</Button>
    </SpaceBetween>
  );
  const header = (
    <SpaceBetween size="m">
      <BreadcrumbGroup items={[{ text: say.groups, href: "/" }, { text: group?.name ?? "", href: "#" }]} />
      <Header variant="h1" actions={actions}>
        {group?.name}
      </Header>
    </SpaceBetween>
  );
  return (
    <ContentLayout header={header}>
      {error && <Alert type="error">{say.failed}</Alert>}
      <Accounts accounts={list?.items ?? []} loading={loading} language={language} />
    </ContentLayout>
  );
}
