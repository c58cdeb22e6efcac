/** Saying hello, introducing oneself, thanking, saying goodbye. */
export const greetings = `
早上好！
早！昨晚睡得好吗？
睡得很香，一觉到天亮。
那今天一定有精神。

你好，请问你叫什么名字？
我叫小墨，墨水的墨。你呢？
我叫林夏，夏天的夏。
很高兴认识你，林夏。

好久不见，你最近怎么样？
还不错，就是有点忙。你呢？
我换了工作，离家近多了。
真好，下次一起吃饭吧。

晚上好，你吃了吗？
吃了，刚喝完一碗粥。
我还没吃呢，正要去买面。
那快去吧，别饿着。

你是第一次来这里吗？
是的，我昨天刚搬来。
欢迎欢迎，有事就敲我的门。
太谢谢你了！

谢谢你帮我搬书。
不客气，正好我也顺路。

对不起，我来晚了。
没关系，我也刚到一会儿。
路上有点堵车。
平安到了就好。

周末愉快！
你也是，好好休息。

再见，路上小心。
再见，到家给你发消息。

新年快乐！祝你身体健康。
也祝你新的一年事事顺心。
新年你有什么愿望？
多读几本书，多见几个朋友。

生日快乐！这是送你的小礼物。
哇，是一方小砚台！
你喜欢写字，我就想到了它。
我今晚就磨墨，给你写一张谢谢。

请进，门没有锁。
打扰了，我来还你的伞。
坐一会儿再走吧，我刚烧好水。

喂，请问是王老师吗？
我是，您是哪位？
我是您三年前的学生，小周。
小周啊！你的声音一点儿没变。

好久没收到你的信了。
信写好了，就是一直没找到邮票。
那你现在念给我听吧。

Good morning! Did you sleep well?
Like a stone, thank you. And you?
The birds woke me, but I forgive them.

Hi, I don't think we have met.
I'm Leo. I just moved in upstairs.
Nice to meet you, Leo. I'm Anna.
If my chair squeaks too much, please tell me.

How are you today?
A little tired, but happy to see you.
Then let us sit down first.

Thank you for waiting.
It was no trouble. I had a good book.
Which page are you on?
The one where nobody dies yet.

Sorry, I forgot your name.
It's Mei, like the plum flower.
I will remember the flower, and then the name.

See you tomorrow!
See you. Don't forget your umbrella.

Long time no see! You look great.
I started swimming in the morning.
It shows. You are smiling more, too.

May I come in?
Of course. Shoes off, please, the floor is new.
It is a beautiful floor.

Happy birthday, Grandpa!
Thank you, my dear. How old am I now?
You are eighty-one.
Then I shall have eighty-one biscuits.

Excuse me, is this seat free?
Yes, please sit down.
Are you also waiting for the doctor?
No, I am the doctor. I am just hiding for a minute.

Welcome back! How was your trip?
Long, sunny and full of noodles.
`;
