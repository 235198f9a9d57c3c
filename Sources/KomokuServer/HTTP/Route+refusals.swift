internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import NIOHTTP1

extension Route {
    /// Why somebody is not served, as far as the head of his request tells.
    func refusal(of request: HTTPRequest, for caller: Caller, _ context: ServerContext) -> Problem? {
        guard MediaType.wanted(types, by: request.headers) != nil else { return .notAcceptable(types) }
        if let name = request.query.repeatedName(but: lists) { return .repeated(name) }
        if let problem = gate?(request, caller, context) { return problem }
        guard let command else { return nil }
        do throws(Refusal) { try caller.check(command) } catch { return Problem(error) }
        guard request.method != .GET, request.method != .HEAD, let text = request.captures["key"],
            let key = KeyName(text), !caller.rights.mayWrite(key)
        else { return nil }
        return .notAllowed("you may not put '\(key)'")
    }

    /// Fields of the query that may be given more than once.
    private var lists: Set<String> {
        let own = parameters.filter { $0.place == .query && $0.isList }.map(\.name)
        return Set(group == .prometheus ? own + ["match[]"] : own)
    }
}
