/// What was found in a file before it is sent.
enum ImportContent {
    /// The survey only where nothing shall be sent.
    case jsonLines(Survey?)
    case table(TableImport)
    case ruby(RubyImport)
    case nothing
}
