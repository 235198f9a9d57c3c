internal import Komoku
internal import KomokuPrometheus
internal import NIOHTTP1

/// Answers as Prometheus's API shapes them.
extension HTTPAnswer {
    /// - Parameter write: appends the `data`.
    static func prometheus(_ write: (inout [UInt8]) -> Void) -> HTTPAnswer {
        var content = Array("{\"status\":\"success\",\"data\":".utf8)
        write(&content)
        content.append(UInt8(ascii: "}"))
        return HTTPAnswer(content: content)
    }

    static func prometheus(_ data: JSON) -> HTTPAnswer { prometheus { data.write(into: &$0) } }

    static func prometheus(_ error: QueryError) -> HTTPAnswer {
        let content: JSON = [
            "status": "error", "errorType": .string(error.kind.rawValue), "error": .string(error.message),
        ]
        return HTTPAnswer(status: .init(statusCode: error.status), content: content.bytes)
    }
}
