# For each line of its input, prints the tables that the AWS CLI lists, or its error.
while read -r _; do
  if output=$(aws dynamodb list-tables --query TableNames --output text 2>&1); then
    echo "tables:" $output
  else
    echo "error:" $output
  fi
done
