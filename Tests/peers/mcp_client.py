"""A real MCP client asks a hub: why a lamp is on, proves a rule, and is refused to change anything with a token that may only read.

    mcp_client.py URL KEY [--token T]      KEY is a boolean key that a rule has put
"""
import argparse
import asyncio
import json

from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

RULE = "- name: proposed\n  when: {{change: {key}, to: true}}\n  then: [{{log: seen}}]\n"
TESTS = "tests:\n  - name: it speaks\n    steps:\n      - put: {{{key}: true}}\n      - expect: {{logs: [seen]}}\n"


async def call(session, name, **arguments):
    result = await session.call_tool(name, arguments)
    text = result.content[0].text if result.content else ""
    return result.is_error if hasattr(result, "is_error") else result.isError, text


async def run(a):
    headers = {"Authorization": f"Bearer {a.token}"} if a.token else {}
    async with create_mcp_http_client(headers=headers) as http:
        async with streamable_http_client(a.url + "/mcp", http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                tools = {tool.name for tool in (await session.list_tools()).tools}
                assert {"why_key", "check_rules", "test_rules", "replay_rules", "statistics"} <= tools, tools
                assert ("put_value" in tools) == (not a.token), "a token that may only read is offered no tool that changes something"
                failed, why = await call(session, "why_key", key=a.key)
                assert not failed and "rule" in why, why
                rule = RULE.format(key=a.key)
                failed, answer = await call(session, "check_rules", rules=rule)
                assert not failed and json.loads(answer)["errors"] == 0, answer
                failed, answer = await call(session, "check_rules", rules=rule.replace("change", "chnge"))
                assert not failed and "did you mean" in answer, answer
                failed, answer = await call(session, "test_rules", rules=rule, tests=TESTS.format(key=a.key))
                assert not failed and json.loads(answer)["passed"] == 1, answer
                failed, answer = await call(session, "replay_rules", rules=rule, since="-1h")
                assert not failed and "proposed" in answer, answer
                pages = [r.uri for r in (await session.list_resources()).resources]
                text = (await session.read_resource("komoku://docs/rules")).contents[0].text
                assert any("docs/rules" in str(p) for p in pages) and "trigger" in text
                if a.token:
                    try:
                        failed, answer = await call(session, "put_value", key=a.key, value=False)
                    except Exception as error:
                        failed, answer = True, str(error)
                    assert failed and "only read" in answer, answer
    print("1 passed, 0 failed")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("url")
parser.add_argument("key")
parser.add_argument("--token")
asyncio.run(run(parser.parse_args()))
