// Follows events of one agent (server-sent events): dotnet run -- https://10.1.2.3 hcc_KEY 1001
using System.Net.Http.Headers;

var (server, key, agent) = (args[0], args[1], args[2]);
using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
var place = "";
while (true)
{
    try
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{server}/webcti/v1/events/stream?agents={agent}");
        if (place != "") request.Headers.Add("Last-Event-ID", place);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ")) place = line[4..];
            if (line.StartsWith("data: ")) Console.WriteLine(line[6..]);
        }
    }
    catch (Exception error) when (error is HttpRequestException or IOException)
    {
        Console.Error.WriteLine(error.Message);
    }
    await Task.Delay(1000);
}
