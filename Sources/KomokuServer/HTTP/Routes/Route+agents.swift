internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    fileprivate static let agent = path("agent", .text, "the id or the name of the agent")
}

extension Route {
    static let agents: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/agents"), group: .agents,
            title: "Lists the agents: hosts that tell of themselves", work: .command(.agents), tool: "list_agents"),
        Route(
            method: .GET, path: PathTemplate("/api/agents/{agent}"), group: .agents,
            title: "Describes an agent, with its facts and what it collects", parameters: [.agent],
            work: .command(.agents)),
        Route(
            method: .PUT, path: PathTemplate("/api/agents/{agent}"), group: .agents,
            title: "Gives an agent another name, or says where it belongs",
            parameters: [
                .agent, .body("name", .text, "what its keys begin with: `hosts.NAME`; they go with it"),
                .body(
                    "attributes", .object,
                    "texts such as `region`, `zone`, `data_centre` and `group`; an empty one ends what was said"),
            ], work: .command(.setAgent)),
        Route(
            method: .DELETE, path: PathTemplate("/api/agents/{agent}"), group: .agents,
            title: "Forgets an agent; its keys and their history stay", parameters: [.agent],
            work: .command(.forgetAgent)),
    ]
}
